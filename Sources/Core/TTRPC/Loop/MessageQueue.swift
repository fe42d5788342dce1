import NIOCore
import Synchronization

/// The messages of one direction of a stream that wait for their one reader.
///
/// The connection appends on the event loop; the reader may be anywhere. The bound is kept by the
/// stream state machine, which hears of each message taken.
///
/// Safety of `@unchecked Sendable`: the stored variables are touched on the event loop only.
final class MessageQueue: @unchecked Sendable {
  typealias Waiter = CheckedContinuation<Result<Payload?, RPCError>, Never>

  private let eventLoop: any EventLoop
  private var messages = CircularBuffer<Payload>(initialCapacity: 4)
  private var end: Result<Void, RPCError>?
  private var waiting: (waiter: Waiter, ticket: CancellationTicket)?
  private var onTake: ((_ bytes: Int) -> Void)?

  init(eventLoop: any EventLoop, onTake: ((_ bytes: Int) -> Void)?) {
    self.eventLoop = eventLoop
    self.onTake = onTake
  }

  /// Appends a message, or hands it to the reader that waits.
  func append(_ message: Payload) {
    eventLoop.assertInEventLoop()
    guard end == nil else { return }
    if let (waiter, _) = waiting {
      waiting = nil
      onTake?(message.count)
      waiter.resume(returning: .success(message))
    } else {
      messages.append(message.withoutExcessStorage())
    }
  }

  /// Ends the queue: the reader gets what is there and then the end, or the error if there is one.
  func finish(throwing error: RPCError? = nil) {
    close(error.map { .failure($0) } ?? .success(()), keepsMessages: true)
  }

  /// Fails the queue: what is there is dropped and the reader gets the error next.
  func fail(_ error: RPCError) {
    close(.failure(error), keepsMessages: false)
  }

  private func close(_ result: Result<Void, RPCError>, keepsMessages: Bool) {
    eventLoop.assertInEventLoop()
    if !keepsMessages { messages.removeAll() }
    if case .failure = end { return }
    end = result
    if let (waiter, _) = waiting {
      waiting = nil
      waiter.resume(returning: result.map { nil })
    }
    if !keepsMessages { onTake = nil }
  }

  /// Takes the next message, waiting for it; nil at the end of the stream.
  func next() async throws(RPCError) -> Payload? {
    if eventLoop.inEventLoop, let ready = take() { return try ready.get() }
    let ticket = CancellationTicket()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: Waiter) in
        if eventLoop.inEventLoop {
          wait(waiter, ticket)
        } else {
          eventLoop.execute { self.wait(waiter, ticket) }
        }
      }
    } onCancel: {
      ticket.cancel()
      eventLoop.execute { self.cancelWaiter(ticket) }
    }
    return try result.get()
  }

  private func take() -> Result<Payload?, RPCError>? {
    if let message = messages.popFirst() {
      onTake?(message.count)
      return .success(message)
    }
    return end?.map { nil }
  }

  private func wait(_ waiter: Waiter, _ ticket: CancellationTicket) {
    if let ready = take() {
      waiter.resume(returning: ready)
    } else if ticket.isCancelled {
      waiter.resume(returning: .failure(.cancelledWhileWaiting))
    } else {
      precondition(waiting == nil, "two tasks read one stream at the same time")
      waiting = (waiter, ticket)
    }
  }

  private func cancelWaiter(_ ticket: CancellationTicket) {
    guard let (waiter, current) = waiting, current === ticket else { return }
    waiting = nil
    waiter.resume(returning: .failure(.cancelledWhileWaiting))
  }
}

/// Remembers that a task was cancelled until the event loop looks.
///
/// A cancellation may overtake the wait that it is meant for on the way to the loop.
final class CancellationTicket: Sendable {
  private let flag = Atomic(false)

  /// Whether ``cancel()`` was called.
  var isCancelled: Bool { flag.load(ordering: .acquiring) }

  /// Marks the ticket.
  func cancel() { flag.store(true, ordering: .releasing) }
}

extension RPCError {
  /// What a task gets that was cancelled while it waited for the connection.
  static var cancelledWhileWaiting: RPCError {
    RPCError(code: .cancelled, message: "the call was cancelled")
  }
}

extension Payload {
  /// The same bytes in storage of their own when they pin a much larger read buffer.
  func withoutExcessStorage() -> Payload {
    guard buffer.storageCapacity > 4 * count + 4096 else { return self }
    var copy = ByteBufferAllocator().buffer(capacity: count)
    copy.writeImmutableBuffer(buffer)
    return Payload(copy)
  }
}
