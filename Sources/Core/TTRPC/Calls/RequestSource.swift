/// The request messages of a call, in order; one task may read them.
///
/// Reading throws when the call has ended, as at its deadline or when the caller has gone away.
public struct RequestSource: AsyncSequence, Sendable {
  /// One message.
  public typealias Element = Payload
  /// Why reading ended before the caller said so.
  public typealias Failure = RPCError

  let queue: MessageQueue

  /// Steps through the messages.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let queue: MessageQueue

    /// The next message, or nil when the caller has sent all.
    public mutating func next() async throws(RPCError) -> Payload? {
      try await queue.next()
    }

    /// The next message, or nil when the caller has sent all.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async throws(RPCError) -> Payload? {
      try await queue.next()
    }
  }

  /// Starts reading where the last reader stopped.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(queue: queue)
  }
}
