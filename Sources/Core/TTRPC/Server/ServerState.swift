import NIOCore
import Synchronization

/// What the connections of one server share.
final class ServerState: Sendable {
  let configuration: ServerConfiguration
  let routes: RouteTable

  private let callCount = Atomic(0)
  private let state = Mutex(State())

  private struct State {
    var connections: [UInt64: ServerConnection] = [:]
    var lastConnectionID: UInt64 = 0
    var isDraining = false
    var onLastClosed: (@Sendable () -> Void)?
  }

  init(configuration: ServerConfiguration, routes: RouteTable) {
    self.configuration = configuration
    self.routes = routes
  }

  /// Whether calls are refused because the server is about to stop.
  var isDraining: Bool { state.withLock { $0.isDraining } }

  /// Handlers that have not returned, on all connections.
  var runningCallCount: Int { callCount.load(ordering: .relaxed) }

  /// Counts a call in, or refuses it.
  func beginCall() throws(RPCError) {
    let limit = configuration.limits.callCountMax
    let (before, _) = callCount.add(1, ordering: .relaxed)
    if before >= limit {
      callCount.subtract(1, ordering: .relaxed)
      throw RPCError(
        code: .resourceExhausted, message: "\(before) calls run on this server, limit \(limit)")
    }
  }

  /// Counts a call out.
  func endCall() {
    callCount.subtract(1, ordering: .relaxed)
  }

  /// Makes the handler of a new connection; nil when there are too many.
  func makeConnection(on eventLoop: any EventLoop) -> ServerConnection? {
    state.withLock { state in
      let isStopped = state.isDraining && state.onLastClosed == nil
      guard !isStopped, state.connections.count < configuration.limits.connectionCountMax else {
        return nil
      }
      state.lastConnectionID += 1
      let connection = ServerConnection(
        id: state.lastConnectionID, eventLoop: eventLoop, server: self)
      state.connections[connection.id] = connection
      return connection
    }
  }

  /// Forgets a connection.
  func connectionClosed(_ connection: ServerConnection) {
    let callback = state.withLock { state -> (@Sendable () -> Void)? in
      guard state.connections.removeValue(forKey: connection.id) != nil,
        state.connections.isEmpty
      else { return nil }
      return state.onLastClosed.take()
    }
    callback?()
  }

  /// Starts the drain of every connection; `onLastClosed` runs when none is left.
  func beginDrain(onLastClosed: @escaping @Sendable () -> Void) {
    let connections = state.withLock { state in
      state.isDraining = true
      if !state.connections.isEmpty { state.onLastClosed = onLastClosed }
      return Array(state.connections.values)
    }
    for connection in connections {
      connection.eventLoop.execute { connection.beginDrain() }
    }
    if connections.isEmpty { onLastClosed() }
  }

  /// Ends every connection.
  func stop() {
    for connection in state.withLock({ Array($0.connections.values) }) {
      connection.eventLoop.execute { connection.stop() }
    }
  }
}
