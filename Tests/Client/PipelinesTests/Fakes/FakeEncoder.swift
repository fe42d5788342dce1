import Messages
import Synchronization
import TTRPC

/// An encoder whose features are the counts of a few words, and which fails when it is told to.
final class FakeEncoder: Sendable {
  /// What a text is made of, dimension by dimension.
  static let words = ["apple", "pear", "plum", "engine", "wheel", "brake", "rock", "lava"]
  static let digest = String(repeating: "e1", count: 32)

  private struct State {
    var encodedTexts: [String] = []
    var chunkCountBeforeFailure: Int?
    var failure = RPCError(code: .unavailable, message: "the fake goes away")
    var isNaN = false
  }

  private let state = Mutex(State())
  private let gate: Gate?

  /// With a gate, every chunk waits until the gate is open.
  init(gate: Gate? = nil) { self.gate = gate }

  /// The texts that were encoded, in their order.
  var encodedTexts: [String] { state.withLock { $0.encodedTexts } }

  /// Fails once after this many chunks.
  func fail(afterChunks count: Int, code: RPCCode = .unavailable) {
    state.withLock {
      $0.chunkCountBeforeFailure = count
      $0.failure = RPCError(code: code, message: "the fake goes away")
    }
  }

  /// Makes features that are not numbers from now on.
  func breakFeatures() { state.withLock { $0.isNaN = true } }

  var service: RPCService {
    RPCService(
      name: "autodidact.v1.Encoder",
      methods: [
        .unary("ListModels") { (_: ListEncoderModelsRequest) -> ListEncoderModelsResponse in
          var model = EncoderModel()
          model.name = "fake"
          // A model that is not loaded has no digest yet.
          model.digest = self.encodedTexts.isEmpty ? "" : Self.digest
          model.dimensions = UInt32(Self.words.count)
          model.isDefault = true
          return ListEncoderModelsResponse(models: [model])
        },
        .unary("Encode") { (request: EncodeRequest) -> EncodeResponse in
          try self.encoded(request)
        },
        .bidirectional("EncodeStream") { (request: EncodeRequest, _) -> EncodeResponse in
          try await self.gate?.wait()
          return try self.encoded(request)
        },
        .unary("ListMethods") { (_: ListEncoderMethodsRequest) -> ListEncoderMethodsResponse in
          ListEncoderMethodsResponse()
        },
      ])
  }

  private func encoded(_ request: EncodeRequest) throws -> EncodeResponse {
    guard case .text(let batch) = request.input else {
      throw RPCError(code: .invalidArgument, message: "texts only")
    }
    let isNaN = try state.withLock { state in
      if let count = state.chunkCountBeforeFailure {
        guard count > 0 else {
          state.chunkCountBeforeFailure = nil
          throw state.failure
        }
        state.chunkCountBeforeFailure = count - 1
      }
      state.encodedTexts += batch.texts
      return state.isNaN
    }
    var response = EncodeResponse()
    response.sequence = request.sequence
    response.modelDigest = Self.digest
    response.features = Tensor(
      rowCount: batch.texts.count, columnCount: Self.words.count,
      floats: batch.texts.flatMap { Self.features(of: $0, isNaN: isNaN) })
    response.truncated = batch.texts.indices.filter { batch.texts[$0].utf8.count > 500 }
      .map { UInt32($0) }
    return response
  }

  private static func features(of text: String, isNaN: Bool) -> [Float] {
    if isNaN { return [Float](repeating: .nan, count: words.count) }
    let found = text.split(separator: " ")
    let counts = words.map { word in Float(found.count { $0 == word }) }
    let length = max(1e-6, counts.reduce(0) { $0 + $1 * $1 }.squareRoot())
    return counts.map { $0 / length }
  }
}

/// A door that callers wait at until it is opened.
final class Gate: Sendable {
  private let stream: AsyncStream<Void>
  private let opener: AsyncStream<Void>.Continuation
  private let arrivals: AsyncStream<Void>
  private let arrival: AsyncStream<Void>.Continuation

  init() {
    (stream, opener) = AsyncStream.makeStream()
    (arrivals, arrival) = AsyncStream.makeStream()
  }

  /// Suspends until the gate is open.
  func wait() async throws {
    arrival.yield()
    for await _ in stream {}
    try Task.checkCancellation()
  }

  /// Suspends until somebody waits.
  func someoneWaits() async {
    for await _ in arrivals { return }
  }

  func open() { opener.finish() }
}
