import Logging
import Synchronization

/// Texts in the order in which they were appended, with waiting for a count.
final class Recorded: Sendable {
  private struct Waiter {
    let isReady: @Sendable ([String]) -> Bool
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var texts: [String] = []
    var waiters: [Waiter] = []
  }

  private let state = Mutex(State())

  var texts: [String] { state.withLock { $0.texts } }

  func append(_ text: String) {
    let ready = state.withLock { state in
      state.texts.append(text)
      let texts = state.texts
      let ready = state.waiters.filter { $0.isReady(texts) }
      state.waiters.removeAll { $0.isReady(texts) }
      return ready
    }
    for waiter in ready { waiter.continuation.resume() }
  }

  /// Returns once `count` texts are there.
  func wait(count: Int) async {
    await wait(untilAll: { $0.count >= count })
  }

  /// Returns once a text is there that `matches`.
  func wait(for matches: @escaping @Sendable (String) -> Bool) async {
    await wait(untilAll: { $0.contains(where: matches) })
  }

  private func wait(untilAll isReady: @escaping @Sendable ([String]) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isThere = state.withLock { state in
        if isReady(state.texts) { return true }
        state.waiters.append(Waiter(isReady: isReady, continuation: continuation))
        return false
      }
      if isThere { continuation.resume() }
    }
  }
}

/// A clock on which every sleep is over at once, so that tests need not wait.
final class JumpingClock: Clock {
  typealias Duration = Swift.Duration

  struct Instant: InstantProtocol {
    let offset: Swift.Duration
    func advanced(by duration: Swift.Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Swift.Duration { other.offset - offset }
    static func < (first: Instant, second: Instant) -> Bool { first.offset < second.offset }
  }

  private let time = Mutex(Instant(offset: .zero))

  var now: Instant { time.withLock { $0 } }
  var minimumResolution: Swift.Duration { .zero }

  func sleep(until deadline: Instant, tolerance: Swift.Duration?) async throws {
    try Task.checkCancellation()
    time.withLock { $0 = max($0, deadline) }
    await Task.yield()
  }
}

/// Appends the message of every event.
struct RecordingLogHandler: LogHandler {
  let recorded: Recorded
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let metadata = (event.metadata ?? [:]).sorted { $0.key < $1.key }
    recorded.append(
      event.message.description + metadata.map { " \($0.key)=\($0.value)" }.joined())
  }
}
