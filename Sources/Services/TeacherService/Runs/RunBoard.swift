internal import Messages
private import Synchronization

/// Knows which runs are under way, who follows them, and which are asked to stop.
///
/// A run is waiting or under way from `start` until `finish`; afterwards it can be started again.
final class RunBoard: Sendable {
  /// The runs to take up, in the order of their starts.
  let starts: AsyncStream<String>
  private let startContinuation: AsyncStream<String>.Continuation
  private let state = Mutex(State())

  private struct State {
    var underWay: Set<String> = []
    var stopping: Set<String> = []
    var followers: [String: [Int: AsyncStream<RunEvent>.Continuation]] = [:]
    var nextFollower = 0
    var isClosed = false
  }

  init() {
    (starts, startContinuation) = AsyncStream.makeStream()
  }

  /// Whether a run waits or is under way.
  func isUnderWay(_ id: String) -> Bool { state.withLock { $0.underWay.contains(id) } }

  /// The events of a run from now on; the stream ends after the run's last event.
  func events(of id: String) -> AsyncStream<RunEvent> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1024)) { continuation in
      let number = state.withLock { state in
        state.nextFollower += 1
        state.followers[id, default: [:]][state.nextFollower] = continuation
        return state.nextFollower
      }
      continuation.onTermination = { [weak self] _ in
        self?.state.withLock { _ = $0.followers[id]?.removeValue(forKey: number) }
      }
    }
  }

  /// Takes a run up unless it is; says whether the board still takes runs.
  func start(_ id: String) -> Bool {
    let decision = state.withLock { state -> (isOpen: Bool, isNew: Bool) in
      guard !state.isClosed else { return (false, false) }
      return (true, state.underWay.insert(id).inserted)
    }
    if decision.isNew { startContinuation.yield(id) }
    return decision.isOpen
  }

  /// Asks a run to stop after its step; says whether it is under way.
  func requestStop(_ id: String) -> Bool {
    state.withLock { state in
      guard state.underWay.contains(id) else { return false }
      state.stopping.insert(id)
      return true
    }
  }

  /// Whether a run should stop after its step.
  func shouldStop(_ id: String) -> Bool {
    state.withLock { $0.isClosed || $0.stopping.contains(id) }
  }

  /// Tells the followers of a run what happened.
  func publish(_ event: RunEvent, of id: String) {
    for follower in state.withLock({ Array(($0.followers[id] ?? [:]).values) }) {
      follower.yield(event)
    }
  }

  /// Ends a run with its last event.
  func finish(_ id: String, with event: RunEvent?) {
    let followers = state.withLock { state in
      state.underWay.remove(id)
      state.stopping.remove(id)
      return Array((state.followers.removeValue(forKey: id) ?? [:]).values)
    }
    for follower in followers {
      if let event { follower.yield(event) }
      follower.finish()
    }
  }

  /// Takes no more runs and asks all to stop after their steps.
  func close() {
    state.withLock { $0.isClosed = true }
    startContinuation.finish()
  }
}
