import Messages
import Synchronization
import TTRPC

/// A language model that knows some answers better than others, and fails when it is told to.
///
/// Asked for "value N", a sample is N with probability `N % 10 / 10`, else another number. The
/// noise is a function of the prompt's seed and the sample's number.
final class FakeInference: Sendable {
  static let digest = String(repeating: "f1", count: 32)

  private struct State {
    var prompts: [String] = []
    var promptCountBeforeFailure: Int?
    var failure = RPCError(code: .unavailable, message: "the fake goes away")
    var busyPrompts: Set<String> = []
    var isModelMissing = false
  }

  private let state = Mutex(State())
  private let gate: Gate?

  /// With a gate, every prompt waits until the gate is open.
  init(gate: Gate? = nil) { self.gate = gate }

  /// The prompts that were answered, in their order.
  var prompts: [String] { state.withLock { $0.prompts } }

  /// Fails once after this many prompts.
  func fail(afterPrompts count: Int, code: RPCCode = .unavailable) {
    state.withLock {
      $0.promptCountBeforeFailure = count
      $0.failure = RPCError(code: code, message: "the fake goes away")
    }
  }

  /// Refuses one prompt once for want of room.
  func beBusy(with prompt: String) { state.withLock { $0.busyPrompts = [prompt] } }

  /// Has no model from now on.
  func loseModel() { state.withLock { $0.isModelMissing = true } }

  var service: RPCService {
    RPCService(
      name: "autodidact.v1.Inference",
      methods: [
        .unary("ListModels") { (_: ListLanguageModelsRequest) -> ListLanguageModelsResponse in
          let isMissing = self.state.withLock { $0.isModelMissing }
          return ListLanguageModelsResponse(models: isMissing ? [] : [Self.model(digest: "")])
        },
        .unary("LoadModel") { (request: LoadModelRequest) -> LoadModelResponse in
          LoadModelResponse(model: Self.model(digest: Self.digest))
        },
        bulk,
      ])
  }

  private static func model(digest: String) -> LanguageModel {
    var model = LanguageModel()
    model.name = "fake"
    model.digest = digest
    model.isDefault = true
    return model
  }

  private var bulk: RPCMethod {
    RPCMethod(
      name: "GenerateBulk", isIdempotent: true,
      handler: .bidirectional { source, _, sink in
        var options = GenerateRequest()
        for try await payload in source {
          let request = try GenerateBulkRequest(reading: payload)
          switch request.part {
          case .header(let header): options = header.options ?? GenerateRequest()
          case .prompt(let prompt):
            try await self.gate?.wait()
            try await sink.send(try self.answer(prompt, options).payload())
          case nil: break
          }
        }
      })
  }

  private func answer(
    _ prompt: BulkPrompt, _ options: GenerateRequest
  ) throws -> GenerateBulkResponse {
    let text = Self.text(of: prompt.prompt)
    var response = GenerateBulkResponse()
    response.sequence = prompt.sequence
    let isBusy = try state.withLock { state in
      if let count = state.promptCountBeforeFailure {
        guard count > 0 else {
          state.promptCountBeforeFailure = nil
          throw state.failure
        }
        state.promptCountBeforeFailure = count - 1
      }
      if state.busyPrompts.remove(text) != nil { return true }
      state.prompts.append(text)
      return false
    }
    if isBusy {
      response.failure = ItemFailure(
        code: RPCCode.resourceExhausted.rawValue, message: "no room", passing: true)
      return response
    }
    if text.hasPrefix("endless") {
      response.failure = ItemFailure(
        code: RPCCode.invalidArgument.rawValue,
        message: "the prompt has 9000 tokens; the context holds 2048")
      return response
    }
    let number = Int(text.split(separator: " ").last ?? "") ?? 0
    response.completions = (0..<max(1, options.sampleCount)).map { index in
      Self.completion(number, seed: prompt.seed ?? 0, index: index)
    }
    var statistics = GenerationStatistics()
    statistics.promptTokenCount = 5
    statistics.generatedTokenCount = 2 * options.sampleCount
    statistics.speculation = SpeculationStatistics(
      stepCount: 10, proposedCount: 4, acceptedCount: 3,
      sources: [DraftSourceStatistics(method: "lookup", proposedCount: 4, acceptedCount: 3)])
    response.statistics = statistics
    return response
  }

  private static func completion(_ number: Int, seed: UInt64, index: UInt32) -> Completion {
    var state = seed &+ UInt64(index) &* 0x9e37_79b9_7f4a_7c15
    state = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    state = (state ^ (state >> 27)) &* 0x94d0_49bb_1331_11eb
    state ^= state >> 31
    let isRight = state % 10 < UInt64(number % 10)
    let guess = isRight ? number : number + 1 + Int(state >> 8 & 3)
    var completion = Completion()
    completion.sampleIndex = index
    completion.text = " \(guess)."
    completion.tokenIDs = [1, 2]
    // The last number of each hundred is never finished.
    completion.reason = number % 100 == 99 ? .tokenLimit : .endToken
    completion.tokenLogProbabilities = [isRight ? -0.25 : -1.5, -0.125]
    completion.logProbability = isRight ? -0.375 : -1.625
    return completion
  }

  private static func text(of prompt: Prompt?) -> String {
    switch prompt?.input {
    case .text(let text): text
    case .chat(let chat): chat.messages.last?.content ?? ""
    case .tokens, nil: ""
    }
  }
}
