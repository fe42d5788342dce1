import NIOCore

// How handlers of streams send, and wait while the peer reads too slowly.
extension ServerConnection {
  /// A message that waits for the peer to read.
  struct SendWaiter {
    let call: ServerCall
    let payload: Payload
    let continuation: CheckedContinuation<Result<Void, RPCError>, Never>
  }

  func send(_ payload: Payload, for call: ServerCall) async throws(RPCError) {
    if payload.count > FrameHeader.bodyBytesMax {
      throw RPCError(
        code: .resourceExhausted,
        message: "message of \(payload.count) bytes, limit \(FrameHeader.bodyBytesMax)")
    }
    if eventLoop.inEventLoop, canSend {
      let before = outbound.flushCount
      try write(payload, for: call).get()
      // A handler whose peer keeps up would never suspend; others need the loop as well.
      if outbound.flushCount != before { await Task.yield() }
      return
    }
    let result = await withCheckedContinuation { continuation in
      let waiter = SendWaiter(call: call, payload: payload, continuation: continuation)
      if eventLoop.inEventLoop {
        sendOrWait(waiter)
      } else {
        eventLoop.execute { self.sendOrWait(waiter) }
      }
    }
    try result.get()
  }

  private var canSend: Bool {
    sendWaiters.isEmpty && context?.channel.isWritable == true
  }

  private func sendOrWait(_ waiter: SendWaiter) {
    if canSend || !streams.isActive(waiter.call.key) {
      waiter.continuation.resume(returning: write(waiter.payload, for: waiter.call))
    } else {
      sendWaiters.append(waiter)
    }
  }

  private func write(_ payload: Payload, for call: ServerCall) -> Result<Void, RPCError> {
    guard streams.isActive(call.key), let context else {
      return .failure(.callHasEnded)
    }
    outbound.write {
      $0.writeFrameHeader(bodyBytes: payload.count, streamID: call.key.streamID, kind: .data)
    }
    outbound.write(payload, to: context)
    call.responseBytes += payload.count
    requestFlush()
    return .success(())
  }

  /// Lets those send who waited, in the order in which they came, as long as the peer reads.
  func admitSenders() {
    while context?.channel.isWritable == true, let waiter = sendWaiters.popFirst() {
      waiter.continuation.resume(returning: write(waiter.payload, for: waiter.call))
    }
  }

  /// Fails those who wait, or only those of one call.
  func failSenders(_ error: RPCError, of call: ServerCall? = nil) {
    guard !sendWaiters.isEmpty else { return }
    var others = CircularBuffer<SendWaiter>(initialCapacity: sendWaiters.count)
    for waiter in sendWaiters {
      if let call, waiter.call !== call {
        others.append(waiter)
      } else {
        waiter.continuation.resume(returning: .failure(error))
      }
    }
    sendWaiters = others
  }
}
