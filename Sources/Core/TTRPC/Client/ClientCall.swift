import NIOCore
import Synchronization

/// One attempt at a call, from the caller's wish to its end.
///
/// Safety of `@unchecked Sendable`: the variables are touched on the event loop only; the mark of
/// cancellation is atomic.
final class ClientCall: @unchecked Sendable {
  /// How an attempt failed, which decides whether another may be made.
  struct Failure: Error {
    /// What became of the request.
    enum Fate {
      /// The server never got it, or said that it did not run it.
      case notRun
      /// Nobody knows whether the server ran it.
      case unknown
      /// It failed for good.
      case final
    }

    let error: RPCError
    let fate: Fate
    /// Whether the budget allows another attempt.
    var isRetryAllowed = false
  }

  typealias Result = Swift.Result<Payload, Failure>

  let kind: MethodKind
  let head: RequestHead
  let payload: Payload
  let deadline: NIODeadline?
  /// The response messages; nil for unary calls.
  let responses: MessageQueue?

  var id: UInt32 = 0
  weak var connection: ClientConnection?
  /// The count of the connection's bytes at the end of the request.
  var requestEnd: UInt64 = 0
  /// Why the call failed.
  var endError: RPCError?
  /// Where the caller of a unary call waits for the answer, and that of a stream for its start.
  var continuation: UnsafeContinuation<Result, Never>?
  /// The number of the attempt, counted from 1.
  let attempt: Int
  let isIdempotent: Bool

  private let cancellation = Atomic(false)

  init(
    kind: MethodKind, head: RequestHead, payload: Payload, deadline: NIODeadline?,
    responses: MessageQueue? = nil, attempt: Int, isIdempotent: Bool
  ) {
    self.kind = kind
    self.head = head
    self.payload = payload
    self.deadline = deadline
    self.responses = responses
    self.attempt = attempt
    self.isIdempotent = isIdempotent
  }

  /// Whether the caller gave up; may be read anywhere.
  var isCancelled: Bool { cancellation.load(ordering: .acquiring) }

  /// Notes that the caller gave up; may be called anywhere.
  func markCancelled() { cancellation.store(true, ordering: .releasing) }

  /// Gives the waiting caller its result, once.
  func resume(_ result: Result) {
    guard let continuation else { return }
    self.continuation = nil
    continuation.resume(returning: result)
  }
}
