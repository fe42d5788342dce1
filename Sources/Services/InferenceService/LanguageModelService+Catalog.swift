internal import Daemon
internal import Decoding
package import Messages
internal import Methods
internal import ModelFiles
package import TTRPC
internal import Transformers

extension LanguageModelService {
  /// The models in the folder, loaded or not, sorted by name.
  package func listModels(
    _ request: ListLanguageModelsRequest, context: ServerContext
  ) async throws -> ListLanguageModelsResponse {
    var response = ListLanguageModelsResponse()
    for name in catalog.names {
      if let loaded = catalog.loadedModels[name] {
        response.models.append(message(loaded))
        continue
      }
      do {
        response.models.append(message(try await catalog.description(of: name)))
      } catch let error as InferenceServiceError {
        guard case .unusableModel = error else { throw error }
        // A damaged model is listed by its name; loading it says what is wrong.
        response.models.append(Messages.LanguageModel(name: name, isDefault: isDefault(name)))
      }
    }
    return response
  }

  /// Loads a model.
  package func loadModel(
    _ request: LoadModelRequest, context: ServerContext
  ) async throws -> LoadModelResponse {
    let (model, seconds) = try await catalog.model(request.model)
    return LoadModelResponse(model: message(model), seconds: seconds)
  }

  /// Frees a model once its running calls are done.
  package func unloadModel(
    _ request: UnloadModelRequest, context: ServerContext
  ) async throws -> UnloadModelResponse {
    UnloadModelResponse(unloaded: try catalog.unload(request.model))
  }

  /// The drafting methods of this suite.
  package func listMethods(
    _ request: ListInferenceMethodsRequest, context: ServerContext
  ) async throws -> ListInferenceMethodsResponse {
    ListInferenceMethodsResponse(
      methods: DecodingMethods.all.map { $0.card }.sorted { $0.id < $1.id }.map { card in
        Method(
          id: card.id, title: card.title, family: "drafter", source: card.source,
          needs: card.needs.sorted().map(\.rawValue), summary: card.summary)
      })
  }

  private func isDefault(_ name: String) -> Bool {
    name == catalog.settings.configuration.defaultModel
  }

  private func message(_ model: LoadedLanguageModel) -> Messages.LanguageModel {
    var message = message(model.description)
    message.digest = model.digest
    message.loaded = true
    message.stepCosts = model.costs.entries.map {
      StepCost(tokenCount: UInt32($0.tokenCount), seconds: $0.seconds)
    }
    return message
  }

  private func message(_ model: LanguageModelFile) -> Messages.LanguageModel {
    var message = Messages.LanguageModel(name: model.name, isDefault: isDefault(model.name))
    message.digest = model.recordedDigest ?? ""
    message.architecture = "llama"
    message.parameterCount = UInt64(model.file.tensors.reduce(0) { $0 + $1.elementCount })
    message.layerCount = UInt32(model.network.layerCount)
    message.dimensions = UInt32(model.network.hiddenSize)
    message.vocabularySize = UInt32(model.network.vocabularySize)
    message.contextTokensMax = UInt32(model.network.contextLength)
    message.fileBytes = UInt64(model.file.byteCount)
    message.tensorTypes = Set(model.file.tensors.map { $0.type.description }).sorted()
    message.chatTemplate = model.template == nil ? "" : "chatml"
    message.cacheBytesPerToken = UInt64(model.cacheBytesPerToken)
    message.endTokenIDs = model.tokenizer.endTokenIDs.map { UInt32($0) }
    return message
  }
}
