package import Messages
private import Synchronization

/// Knows whether each service of the daemon can do its work now, and tells watchers of changes.
///
/// The empty name is the daemon as a whole. After ``shutDown()`` everything is NOT_SERVING, later
/// reports are ignored, and watchers hear that last state and end.
package final class HealthRegistry: Sendable {
  private struct Watcher {
    let service: String
    let continuation: AsyncStream<ServingStatus>.Continuation
  }

  private struct State {
    var statuses: [String: ServingStatus] = [:]
    var watchers: [UInt64: Watcher] = [:]
    var nextWatcher: UInt64 = 0
    var isShutDown = false
  }

  private let state = Mutex(State())

  /// Creates a registry that knows no service.
  package init() {}

  /// Says how a service is doing; the first word about a name makes it known.
  package func report(_ status: ServingStatus, for service: String) {
    state.withLock { state in
      guard !state.isShutDown, state.statuses[service] != status else { return }
      state.statuses[service] = status
      for watcher in state.watchers.values where watcher.service == service {
        watcher.continuation.yield(status)
      }
    }
  }

  /// Returns how a service is doing, or nil if nobody knows it.
  package func status(of service: String) -> ServingStatus? {
    state.withLock { $0.statuses[service] }
  }

  /// Returns the state now, then each change; a reader that is slow sees only the newest.
  package func changes(of service: String) -> AsyncStream<ServingStatus> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let number = state.withLock { state -> UInt64 in
        continuation.yield(state.statuses[service] ?? .serviceUnknown)
        if state.isShutDown { continuation.finish() }
        state.nextWatcher += 1
        let watcher = Watcher(service: service, continuation: continuation)
        if !state.isShutDown { state.watchers[state.nextWatcher] = watcher }
        return state.nextWatcher
      }
      continuation.onTermination = { [weak self] _ in
        self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) }
      }
    }
  }

  /// Reports everything as not serving for good.
  package func shutDown() {
    let watchers = state.withLock { state -> [Watcher] in
      guard !state.isShutDown else { return [] }
      state.isShutDown = true
      state.statuses = state.statuses.mapValues { _ in .notServing }
      defer { state.watchers = [:] }
      return Array(state.watchers.values)
    }
    for watcher in watchers {
      watcher.continuation.yield(.notServing)
      watcher.continuation.finish()
    }
  }
}
