import NIOCore

/// One connection of a client: writes requests, hands out what comes back.
///
/// Safety of `@unchecked Sendable`: the stored variables are touched on the event loop only.
final class ClientConnection: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// A message or a call that waits for the server to read.
  private enum Waiter {
    case call(ClientCall)
    case message(ClientCall, Payload, UnsafeContinuation<Result<Void, RPCError>, Never>)
  }

  private let core: ClientCore
  private let eventLoop: any EventLoop
  private var context: ChannelHandlerContext?
  private var streams: ClientStreams<ClientCall>
  private var decoder = FrameDecoder(discardBytesMax: 64 << 20)
  private let outbound = OutboundFrames()
  private var waiters = CircularBuffer<Waiter>(initialCapacity: 4)
  private let unread = UnreadWatch()
  private var isProcessing = false
  private var isReadHeld = false
  private var closeError: RPCError?

  init(core: ClientCore, firstID: UInt32) {
    self.core = core
    eventLoop = core.eventLoop
    let configuration = core.configuration
    streams = ClientStreams(
      messageCountMax: configuration.streamMessageCountMax,
      messageBytesMax: configuration.streamBytesMax, firstID: firstID)
  }

  /// Whether a call may be begun.
  var canOpen: Bool { streams.canOpen && context != nil }

  /// Whether nothing is under way, so that a stream may have the connection for itself.
  var isIdle: Bool { streams.activeCount == 0 && waiters.isEmpty && !decoder.isMidFrame }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    decoder.append(Self.unwrapInboundIn(data))
    process()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    core.executor.runBatch()
  }

  func read(context: ChannelHandlerContext) {
    if streams.isReadingPaused { isReadHeld = true } else { context.read() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    guard context.channel.isWritable else { return watchUnread() }
    unread.stop()
    while context.channel.isWritable, let waiter = waiters.popFirst() {
      switch waiter {
      case .call(let call): write(call)
      case .message(let call, let payload, let continuation):
        continuation.resume(returning: write(payload, for: call))
      }
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    closeError =
      closeError ?? RPCError(code: .unavailable, message: "the connection broke", cause: error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    outbound.close()
    unread.stop()
    let error =
      closeError ?? RPCError(code: .unavailable, message: "the server closed the connection")
    for call in streams.close() { core.fail(call, error, fate: .unknown) }
    let waiting = waiters
    waiters = CircularBuffer(initialCapacity: 0)
    for waiter in waiting {
      switch waiter {
      case .call(let call): core.fail(call, error, fate: .notRun)
      case .message(_, _, let continuation): continuation.resume(returning: .failure(error))
      }
    }
    core.connectionClosed(self)
  }

  // MARK: Calls

  /// Begins a call, at once or when the server has read what waits.
  func begin(_ call: ClientCall) {
    call.connection = self
    if waiters.isEmpty, context?.channel.isWritable == true {
      write(call)
    } else {
      waiters.append(.call(call))
    }
  }

  private func write(_ call: ClientCall) {
    guard let context, streams.canOpen else {
      let error = RPCError(code: .unavailable, message: "the connection takes no more calls")
      return core.fail(call, error, fate: .notRun)
    }
    var head = call.head
    if let deadline = call.deadline {
      head.timeoutNanoseconds = (deadline - .now()).nanoseconds
      if head.timeoutNanoseconds <= 0 {
        return core.fail(call, .deadlineExceededLocally, fate: .final)
      }
    }
    let payload = call.kind.streamsRequests ? Payload() : call.payload
    call.id = streams.open(call.kind, call: call)
    let flags: FrameHeader.Flags =
      switch call.kind {
      case .unary: []
      case .serverStreaming: .remoteClosed
      case .clientStreaming, .bidirectional: .remoteOpen
      }
    outbound.write {
      $0.writeFrameHeader(
        bodyBytes: head.bodyBytes(payloadBytes: payload.count), streamID: call.id,
        kind: .request, flags: flags)
      head.write(into: &$0, payloadBytes: payload.count)
    }
    outbound.write(payload, to: context)
    call.requestEnd = outbound.totalBytes
    if call.kind != .unary { call.resume(.success(Payload())) }
    requestFlush()
  }

  /// Sends a message of a stream, or waits until the server has read what waits.
  func send(
    _ payload: Payload, for call: ClientCall,
    _ continuation: UnsafeContinuation<Result<Void, RPCError>, Never>
  ) {
    if waiters.isEmpty, context?.channel.isWritable != false {
      continuation.resume(returning: write(payload, for: call))
    } else {
      waiters.append(.message(call, payload, continuation))
    }
  }

  private func write(_ payload: Payload, for call: ClientCall) -> Result<Void, RPCError> {
    guard let context, streams.canSend(call.id) else {
      return .failure(call.endError ?? .callHasEnded)
    }
    outbound.write {
      $0.writeFrameHeader(bodyBytes: payload.count, streamID: call.id, kind: .data)
    }
    outbound.write(payload, to: context)
    requestFlush()
    return .success(())
  }

  /// Says that no request message follows.
  func finishRequests(of call: ClientCall) {
    guard streams.closeRequests(call.id) else { return }
    outbound.write {
      $0.writeFrameHeader(
        bodyBytes: 0, streamID: call.id, kind: .data, flags: [.remoteClosed, .noData])
    }
    requestFlush()
  }

  /// Gives a call up; what comes for it later is dropped.
  ///
  /// ttrpc has no frame for this. A stream has its connection for itself, so closing that tells
  /// the server; a unary call shares it, and its server hears by the deadline.
  func abandon(_ call: ClientCall, _ error: RPCError) {
    waiters.removeAll { waiter in
      switch waiter {
      case .call(let other): return other === call
      case .message(let other, _, let continuation):
        guard other === call else { return false }
        continuation.resume(returning: .failure(error))
        return true
      }
    }
    let wasOpen = call.id != 0 && streams.abandon(call.id) != nil
    core.fail(call, error, fate: .final, dropsMessages: true)
    if wasOpen, call.kind != .unary { context?.close(promise: nil) }
    // A server that has not taken the request by the deadline will not take those behind it.
    if wasOpen, error.code == .deadlineExceeded, takenBytes < call.requestEnd {
      close(RPCError(code: .unavailable, message: "the server does not read"))
    }
  }

  /// Notes that the reader of a stream took a message.
  func taken(_ call: ClientCall, bytes: Int) {
    streams.taken(call.id, bytes: bytes)
    updateReading()
  }

  /// The calls that have a deadline, whether sent or waiting.
  var callsWithDeadline: [ClientCall] {
    var calls = streams.activeCalls.map { $0.call }
    for case .call(let call) in waiters { calls.append(call) }
    return calls.filter { $0.deadline != nil }
  }

  // MARK: Reading

  private func process() {
    if isProcessing { return }
    isProcessing = true
    defer { isProcessing = false }
    while !streams.isReadingPaused, let event = decoder.next() {
      switch event {
      case .frame(let header, let body): receive(header, body)
      case .oversized(let header):
        perform(streams.reject(header.streamID, .oversized(header)), nil)
      case .unreadable(let header):
        perform(streams.reject(header.streamID, .oversized(header)), nil)
        closeError = .oversized(header)
        context?.close(promise: nil)
      }
    }
  }

  private func receive(_ header: FrameHeader, _ body: ByteBuffer) {
    switch header.kind {
    case .data:
      let action = streams.receiveData(
        header.streamID, flags: header.flags, bodyBytes: body.readableBytes)
      perform(action, body)
    case .response:
      let envelope = body.withUnsafeReadableBytes { bytes in
        Result { () throws(EnvelopeError) in try ResponseEnvelope(decoding: bytes) }
      }
      switch envelope {
      case .success(let envelope):
        let payload = body.getSlice(
          at: body.readerIndex + envelope.payload.lowerBound, length: envelope.payload.count)
        let action = streams.receiveResponse(
          header.streamID, status: envelope.status, payloadBytes: envelope.payload.count)
        perform(action, payload)
      case .failure(let error):
        let error = RPCError(
          code: .internal, message: "malformed response envelope: \(error.description)")
        perform(streams.reject(header.streamID, error), nil)
      }
    default: break  // as the protocol asks
    }
  }

  private func perform(_ action: ClientStreams<ClientCall>.Action, _ body: ByteBuffer?) {
    switch action {
    case .ignore: break
    case .deliver(let call, let ends):
      let payload = Payload(body ?? ByteBuffer())
      if let responses = call.responses {
        responses.append(payload)
        if ends { end(call) }
      } else {
        core.succeed(call, payload)
      }
    case .end(let call): end(call)
    case .fail(let call, let error):
      core.fail(call, error, fate: error.code == .unavailable ? .notRun : .final)
      if call.kind != .unary { core.streamEnded(on: self) }
    }
  }

  private func end(_ call: ClientCall) {
    call.responses?.finish()
    core.recordSuccess()
    if call.kind != .unary { core.streamEnded(on: self) }
  }

  private func updateReading() {
    if streams.isReadingPaused { return }
    process()
    if isReadHeld, !streams.isReadingPaused {
      isReadHeld = false
      context?.read()
    }
  }

  // MARK: Writing

  private func requestFlush() {
    if let context, outbound.isFlushDue {
      outbound.flush(to: context)
    } else {
      core.requestFlush()
    }
  }

  /// Hands what was written to the kernel, at the end of a turn of the loop.
  func endTurn() {
    guard let context else { return }
    outbound.endTurn(context)
  }

  /// Closes the connection; what is under way fails with `error`.
  func close(_ error: RPCError) {
    closeError = closeError ?? error
    context?.close(promise: nil)
  }

  /// The bytes that the kernel has taken since the connection opened.
  private var takenBytes: UInt64 {
    // ignoring: a closed channel has no options and nothing waits in it.
    let waiting = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    return outbound.totalBytes &- UInt64(waiting)
  }

  private func watchUnread() {
    let timeout = core.configuration.unreadTimeout
    unread.start(
      on: eventLoop, every: TimeAmount(clamping: timeout),
      takenBytes: { [unowned self] in takenBytes },
      onStall: { [unowned self] in
        close(RPCError(code: .unavailable, message: "the server read nothing for \(timeout)"))
      })
  }
}

extension RPCError {
  /// What a sender gets whose call has ended well.
  static var callHasEnded: RPCError {
    RPCError(code: .cancelled, message: "the call has ended")
  }

  /// What a caller gets when its time is over.
  static var deadlineExceededLocally: RPCError {
    RPCError(code: .deadlineExceeded, message: "no answer came before the deadline")
  }

  /// What a caller gets whose answer is too large.
  static func oversized(_ header: FrameHeader) -> RPCError {
    RPCError(
      code: .resourceExhausted,
      message: "answer of \(header.bodyBytes) bytes, limit \(FrameHeader.bodyBytesMax)")
  }
}
