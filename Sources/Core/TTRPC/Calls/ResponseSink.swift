/// Takes the response messages of a call; returning from the handler ends them.
public struct ResponseSink: Sendable {
  let connection: ServerConnection
  let call: ServerCall

  /// Sends one message, waiting while the caller reads too slowly.
  ///
  /// Throws RESOURCE_EXHAUSTED for a message over 4 MiB, and CANCELLED when the call has ended.
  public func send(_ payload: Payload) async throws(RPCError) {
    try await connection.send(payload, for: call)
  }
}
