import Daemon
import Messages
import Synchronization
import TTRPC

/// An encoder and a language model that fail and change when they are told to.
final class FakeModels: Sendable {
  struct State {
    var encodedTexts: [String] = []
    var scoredTexts: [String] = []
    var encoderDigest = String(repeating: "e1", count: 32)
    var languageDigest = String(repeating: "a1", count: 32)
    /// Added to every log-probability.
    var shift: Float = 0
    /// Calls that fail before calls succeed again, and how.
    var failureCount = 0
    var failure = RPCError(code: .unavailable, message: "the fake is away")
    /// Calls that succeed before the failures begin.
    var callCountBeforeFailures = 0
  }

  let state = Mutex(State())

  /// Lets the next calls fail, after some that do not.
  func fail(_ count: Int, after before: Int = 0, code: RPCCode = .unavailable) {
    state.withLock { state in
      state.failureCount = count
      state.callCountBeforeFailures = before
      state.failure = RPCError(code: code, message: "the fake is away")
    }
  }

  private func enter() throws {
    try state.withLock { state in
      guard state.callCountBeforeFailures == 0 else {
        state.callCountBeforeFailures -= 1
        return
      }
      guard state.failureCount > 0 else { return }
      state.failureCount -= 1
      throw state.failure
    }
  }

  var services: [RPCService] {
    [
      RPCService(
        name: "autodidact.v1.Encoder",
        methods: [
          method("ListModels") { (_: ListEncoderModelsRequest) -> ListEncoderModelsResponse in
            ListEncoderModelsResponse(models: [EncoderModel(name: "tiny", isDefault: true)])
          },
          method("Encode") { (request: EncodeRequest) -> EncodeResponse in
            try self.encoded(request)
          },
        ]),
      RPCService(
        name: "autodidact.v1.Inference",
        methods: [
          method("ListModels") { (_: ListLanguageModelsRequest) -> ListLanguageModelsResponse in
            ListLanguageModelsResponse(models: [LanguageModel(name: "small", isDefault: true)])
          },
          method("ScoreContinuations") {
            (request: ScoreContinuationsRequest) -> ScoreContinuationsResponse in
            try self.scored(request)
          },
        ]),
    ]
  }

  /// Three dimensions from a text's letters; a token for each word, and two around them.
  private func encoded(_ request: EncodeRequest) throws -> EncodeResponse {
    guard case .text(let batch)? = request.input else {
      throw RPCError(code: .invalidArgument, message: "texts only")
    }
    try enter()
    guard request.options?.specialTokens == .asText else {
      throw RPCError(code: .invalidArgument, message: "control tokens in judged text")
    }
    state.withLock { $0.encodedTexts += batch.texts }
    let tokens = batch.texts.map { text in
      ["[start]"] + text.split(separator: " ").map(String.init) + ["[end]"]
    }
    var response = EncodeResponse(sequence: request.sequence)
    response.modelDigest = state.withLock { $0.encoderDigest }
    response.tokenCounts = tokens.map { UInt32($0.count) }
    response.features = Tensor(
      rowCount: batch.texts.count, columnCount: 3, floats: batch.texts.flatMap(Self.vector))
    if request.options?.tokenStates == true {
      response.tokenStates = Tensor(
        rowCount: tokens.reduce(0) { $0 + $1.count }, columnCount: 3,
        floats: tokens.flatMap { $0.flatMap(Self.vector) })
    }
    return response
  }

  private static func vector(_ text: String) -> [Float] {
    var sums: [Float] = [1, 1, 1]
    for (index, byte) in text.utf8.enumerated() { sums[index % 3] += Float(byte % 16) }
    return sums
  }

  /// A tenth of a nat a byte, a token a byte; the prompt `refuse` is refused.
  private func scored(_ request: ScoreContinuationsRequest) throws -> ScoreContinuationsResponse {
    try enter()
    guard request.prompt?.input != .text("refuse") else {
      throw RPCError(code: .invalidArgument, message: "the prompt has too many tokens")
    }
    var response = ScoreContinuationsResponse(sequence: request.sequence)
    response.modelDigest = state.withLock { $0.languageDigest }
    let shift = state.withLock { $0.shift }
    for continuation in request.continuations {
      guard case .text(let text)? = continuation.input else { continue }
      state.withLock { $0.scoredTexts.append(text) }
      let values = text.utf8.map { -Float($0 % 10 + 1) / 10 - shift }
      response.scores.append(
        ContinuationScore(
          logProbability: values.reduce(0.0) { $0 + Double($1) }, tokenLogProbabilities: values))
    }
    return response
  }

  private func method<Request: WireMessage, Response: WireMessage>(
    _ name: String, _ body: @escaping @Sendable (Request) async throws -> Response
  ) -> RPCMethod {
    RPCMethod(
      name: name, isIdempotent: true,
      handler: .unary { payload, _ in
        let request = try payload.withUnsafeBytes {
          try Request.decoded(from: $0, limits: DecodingLimits())
        }
        return Payload(bytes: try await body(request).encoded())
      })
  }
}
