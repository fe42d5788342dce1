internal import Decoding
private import Synchronization

/// What a job's caller hears, from the compute thread to the caller's task.
///
/// The events wait until they are read, up to a limit of tokens.
final class JobChannel: Sendable {
  /// The events, for one reader; they end with the job's last event or with an error.
  let events: AsyncThrowingStream<GeneratorEvent.Kind, any Error>
  private let continuation: AsyncThrowingStream<GeneratorEvent.Kind, any Error>.Continuation
  private let unreadCount = Atomic<Int>(0)
  private let unreadTokensMax: Int

  /// Creates a channel; `onAbandon` is called when the reader goes away before the end.
  init(unreadTokensMax: Int, onAbandon: @escaping @Sendable () -> Void) {
    self.unreadTokensMax = unreadTokensMax
    (events, continuation) = AsyncThrowingStream.makeStream()
    continuation.onTermination = { if case .cancelled = $0 { onAbandon() } }
  }

  /// Hands an event over; an error says that the reader is too slow, and ends the channel.
  func send(_ kind: GeneratorEvent.Kind) throws(InferenceServiceError) {
    let count = unreadCount.add(kind.tokenCount, ordering: .relaxed).newValue
    guard count <= unreadTokensMax else {
      let error = InferenceServiceError.unread(count, limit: unreadTokensMax)
      continuation.finish(throwing: error)
      throw error
    }
    continuation.yield(kind)
    if kind.isLast { continuation.finish() }
  }

  /// Ends the channel.
  func fail(_ error: InferenceServiceError) { continuation.finish(throwing: error) }

  /// Notes that the reader has taken an event.
  func didRead(_ kind: GeneratorEvent.Kind) {
    unreadCount.subtract(kind.tokenCount, ordering: .relaxed)
  }
}

extension GeneratorEvent.Kind {
  /// The tokens that it carries.
  fileprivate var tokenCount: Int {
    guard case .delta(let delta) = self else { return 0 }
    return delta.tokens.count
  }

  /// Whether it is its job's last event.
  var isLast: Bool {
    switch self {
    case .started, .delta, .sampleEnded: false
    case .finished, .scored, .chosen, .hiddenStates, .failed: true
    }
  }
}
