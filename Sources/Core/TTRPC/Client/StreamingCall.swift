import NIOCore

/// A call on which one side or both send a stream of messages.
///
/// One task may read the responses while others send. A call that nobody holds any more is
/// cancelled.
public final class StreamingCall: Sendable {
  let call: ClientCall
  private let client: TTRPCClient
  private let core: ClientCore
  private let queue: MessageQueue

  init(
    client: TTRPCClient, core: ClientCore, kind: MethodKind, head: RequestHead, payload: Payload,
    deadline: NIODeadline?, attempt: Int
  ) {
    let box = CallReference()
    let queue = MessageQueue(eventLoop: core.eventLoop) { bytes in
      guard let call = box.call else { return }
      call.connection?.taken(call, bytes: bytes)
    }
    let call = ClientCall(
      kind: kind, head: head, payload: payload, deadline: deadline, responses: queue,
      attempt: attempt, isIdempotent: false)
    box.call = call
    // A stream keeps its client, which closes its connections when nobody holds it.
    self.client = client
    self.core = core
    self.queue = queue
    self.call = call
  }

  deinit {
    cancel()
  }

  /// Sends one request message, waiting while the server reads too slowly.
  ///
  /// Throws what ended the call when it has ended, and RESOURCE_EXHAUSTED for a message over
  /// 4 MiB, which leaves the call as it was.
  public func send(_ payload: Payload) async throws(RPCError) {
    if payload.count > FrameHeader.bodyBytesMax {
      let error = MessageSizeError(bytes: payload.count, limit: FrameHeader.bodyBytesMax)
      throw RPCError(code: .resourceExhausted, message: error.description, cause: error)
    }
    let result: Result<Void, RPCError> = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let body = { @Sendable [call] in
          guard let connection = call.connection else {
            continuation.resume(
              returning: .failure(call.endError ?? .callHasEnded))
            return
          }
          connection.send(payload, for: call, continuation)
        }
        if core.eventLoop.inEventLoop { body() } else { core.eventLoop.execute(body) }
      }
    } onCancel: {
      cancel()
    }
    try result.get()
  }

  /// Says that no request message follows.
  public func finish() async throws(RPCError) {
    let call = self.call
    core.eventLoop.execute { call.connection?.finishRequests(of: call) }
  }

  /// The response messages in order; one task may read them.
  public var responses: Responses { Responses(call: self) }

  /// The one response of a client-streaming call.
  public func response() async throws(RPCError) -> Payload {
    var iterator = responses.makeAsyncIterator()
    guard let payload = try await iterator.next() else {
      throw RPCError(code: .internal, message: "the server ended the call without a response")
    }
    return payload
  }

  /// Gives the call up; the server is told by closing the call's connection.
  public func cancel() {
    let core = self.core
    let call = self.call
    call.markCancelled()
    core.eventLoop.execute { core.cancel(call) }
  }

  fileprivate func next() async throws(RPCError) -> Payload? {
    do throws(RPCError) {
      return try await queue.next()
    } catch {
      if Task.isCancelled { cancel() }
      throw error
    }
  }
}

extension StreamingCall {
  /// The response messages of a call.
  public struct Responses: AsyncSequence, Sendable {
    /// One message.
    public typealias Element = Payload
    /// Why the call failed.
    public typealias Failure = RPCError

    let call: StreamingCall

    /// Steps through the messages.
    public struct AsyncIterator: AsyncIteratorProtocol {
      let call: StreamingCall

      /// The next message, or nil when the server has sent all.
      public mutating func next() async throws(RPCError) -> Payload? {
        try await call.next()
      }

      /// The next message, or nil when the server has sent all.
      public mutating func next(
        isolation actor: isolated (any Actor)?
      ) async throws(RPCError) -> Payload? {
        try await call.next()
      }
    }

    /// Starts reading where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator {
      AsyncIterator(call: call)
    }
  }
}

/// Lets a queue know its call, which is made after it.
///
/// Safety of `@unchecked Sendable`: set once before the call is shared, read on the event loop.
private final class CallReference: @unchecked Sendable {
  weak var call: ClientCall?
}
