public import Messages
public import TTRPC

/// The requests of a call as messages; ends when the caller sends no more.
package struct MessageSource<Message: WireMessage>: AsyncSequence, Sendable {
  private let requests: RequestSource

  /// Creates a source that decodes what `requests` delivers.
  package init(_ requests: RequestSource) {
    self.requests = requests
  }

  /// Decodes one request after the other.
  package struct AsyncIterator: AsyncIteratorProtocol {
    private var requests: RequestSource.AsyncIterator

    init(_ requests: RequestSource.AsyncIterator) {
      self.requests = requests
    }

    /// Returns the next request, or nil at the end.
    package mutating func next() async throws -> Message? {
      try await requests.next().map { try Message($0) }
    }
  }

  /// Returns an iterator; a source has one reader.
  package func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(requests.makeAsyncIterator())
  }
}

/// Takes the responses of a call as messages.
package struct MessageSink<Message: WireMessage>: Sendable {
  private let responses: ResponseSink

  /// Creates a sink that encodes into `responses`.
  package init(_ responses: ResponseSink) {
    self.responses = responses
  }

  /// Sends one response; suspends while the caller reads slowly.
  package func send(_ message: Message) async throws {
    try await responses.send(message.payload())
  }
}

/// A request that is not what the schema says is the caller's mistake.
extension MessageError: RPCErrorConvertible {
  /// INVALID_ARGUMENT, or RESOURCE_EXHAUSTED where a limit was passed.
  public var rpcError: RPCError {
    RPCError(
      code: isBeyondLimit ? .resourceExhausted : .invalidArgument, message: description)
  }
}
