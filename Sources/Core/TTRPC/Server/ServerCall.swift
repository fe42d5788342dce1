import NIOCore

/// What a connection keeps for one call that it admitted.
///
/// Safety of `@unchecked Sendable`: the stored variables are touched on the event loop only.
final class ServerCall: @unchecked Sendable {
  let route: Route
  let context: ServerContext
  /// The time of the request; zero where nobody asks for durations.
  let startTime: NIODeadline
  /// When the call fails; nil without a limit.
  let deadline: NIODeadline?

  var key = ServerStreams<ServerCall>.Key(streamID: 0, serial: 0)
  var task: Task<Void, Never>?
  var requests: MessageQueue?
  var requestBytes = 0
  var responseBytes = 0

  init(route: Route, context: ServerContext, startTime: NIODeadline, deadline: NIODeadline?) {
    self.route = route
    self.context = context
    self.startTime = startTime
    self.deadline = deadline
  }

  /// Stops the handler as far as it can be stopped.
  func cancel(_ error: RPCError) {
    requests?.fail(error)
    task?.cancel()
  }
}
