import AutodidactClient
import Messages

/// The language models of the inference daemon.
enum LanguageModels {
  /// The model called `name`, or the default one; loaded, so that its digest is known.
  static func model(named name: String, in suite: Autodidact) async throws -> LanguageModel {
    let models = try await suite.inference.listModels(ListLanguageModelsRequest()).models
    let found = name.isEmpty ? models.first(where: \.isDefault) : models.first { $0.name == name }
    guard let found else {
      throw RejectionSamplingError.modelMissing(name, present: models.map(\.name))
    }
    let response = try await suite.inference.loadModel(LoadModelRequest(model: found.name))
    guard let model = response.model, !model.digest.isEmpty else {
      throw RejectionSamplingError.badAnswer("the inference service gave no digest of its model")
    }
    return model
  }
}

extension Question.Input {
  /// The prompt of a message.
  var prompt: Prompt {
    switch self {
    case .text(let text): Prompt(input: .text(text))
    case .chat(let turns, let prefix): Prompt(input: .chat(Chat(turns, answerPrefix: prefix)))
    }
  }
}
