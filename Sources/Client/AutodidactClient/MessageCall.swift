public import Messages
import TTRPC

/// A call on which one side or both send a stream of messages.
///
/// One task may read the responses while others send. A call that nobody holds any more is
/// cancelled.
public struct MessageCall<Request: WireMessage, Response: WireMessage>: Sendable {
  private let call: StreamingCall
  private let channel: ServiceChannel
  private let method: String

  init(_ call: StreamingCall, channel: ServiceChannel, method: String) {
    self.call = call
    self.channel = channel
    self.method = method
  }

  /// Sends one request; suspends while the server reads too slowly.
  public func send(_ request: Request) async throws(CallError) {
    let payload = try channel.payload(of: request, for: method)
    do throws(RPCError) {
      try await call.send(payload)
    } catch {
      throw CallError(error, daemon: channel.daemon, method: method)
    }
  }

  /// Says that no request follows.
  public func finish() async throws(CallError) {
    do throws(RPCError) {
      try await call.finish()
    } catch {
      throw CallError(error, daemon: channel.daemon, method: method)
    }
  }

  /// The one response of a client-streaming call.
  public func response() async throws(CallError) -> Response {
    let payload: Payload
    do throws(RPCError) {
      payload = try await call.response()
    } catch {
      throw CallError(error, daemon: channel.daemon, method: method)
    }
    return try channel.message(from: payload, for: method)
  }

  /// The responses in order; one task may read them.
  public var responses: Responses { Responses(call: self) }

  /// Gives the call up.
  public func cancel() {
    call.cancel()
  }

  /// The responses of a call.
  public struct Responses: AsyncSequence, Sendable {
    /// One message.
    public typealias Element = Response
    /// Why the call failed.
    public typealias Failure = CallError

    let call: MessageCall

    /// Starts reading where the last reader stopped.
    public func makeAsyncIterator() -> AsyncIterator {
      AsyncIterator(call: call, payloads: call.call.responses.makeAsyncIterator())
    }

    /// Steps through the messages.
    public struct AsyncIterator: AsyncIteratorProtocol {
      private let call: MessageCall
      private var payloads: StreamingCall.Responses.AsyncIterator

      init(call: MessageCall, payloads: StreamingCall.Responses.AsyncIterator) {
        self.call = call
        self.payloads = payloads
      }

      /// The next message, or nil when the server has sent all.
      public mutating func next() async throws(CallError) -> Response? {
        let payload: Payload?
        do throws(RPCError) {
          payload = try await payloads.next()
        } catch {
          throw CallError(error, daemon: call.channel.daemon, method: call.method)
        }
        guard let payload else { return nil }
        return try call.channel.message(from: payload, for: call.method)
      }

      /// The next message, or nil when the server has sent all.
      public mutating func next(
        isolation actor: isolated (any Actor)?
      ) async throws(CallError) -> Response? {
        try await next()
      }
    }
  }
}
