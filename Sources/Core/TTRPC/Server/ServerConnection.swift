import NIOCore

/// Serves one connection: bytes in, calls run, bytes out.
///
/// It owns the pure parts (decoder, streams) and does what they decide. Calls run as tasks on the
/// connection's event loop, and their answers of one turn leave in one write.
///
/// Safety of `@unchecked Sendable`: the stored variables are touched on the event loop only.
final class ServerConnection: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  typealias Streams = ServerStreams<ServerCall>

  let id: UInt64
  let eventLoop: any EventLoop
  let server: ServerState
  let executor: LoopExecutor
  var limits: ServerLimits { server.configuration.limits }

  var context: ChannelHandlerContext?
  var streams: Streams
  let outbound = OutboundFrames()
  var sendWaiters = CircularBuffer<SendWaiter>(initialCapacity: 4)
  var peer: PeerCredentials?
  var closeReason: String?

  private var decoder: FrameDecoder
  private var isProcessing = false
  private var isInRead = false
  private var isReadHeld = false
  private var isClosing = false
  private var deadlines: DeadlineTimer?
  private let unread = UnreadWatch()

  init(id: UInt64, eventLoop: any EventLoop, server: ServerState) {
    self.id = id
    self.eventLoop = eventLoop
    self.server = server
    executor = LoopExecutor(eventLoop: eventLoop)
    let limits = server.configuration.limits
    decoder = FrameDecoder(
      bodyBytesMax: limits.requestBytesMax, discardBytesMax: limits.discardBytesMax)
    streams = ServerStreams(
      limits: Streams.Limits(
        callCountMax: limits.connectionCallCountMax,
        messageCountMax: limits.streamMessageCountMax,
        messageBytesMax: limits.streamBytesMax))
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    executor.setAfterBatch { [unowned self] in endTurn() }
    deadlines = DeadlineTimer(eventLoop: eventLoop) { [unowned self] in expireCalls() }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    // ignoring: a peer whose descriptor cannot be had is an unknown peer, which `authorize` sees.
    peer =
      (try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
        of: NIOBSDSocket.Handle.self
      ) { PeerCredentials(descriptor: $0) }) ?? nil
    server.configuration.observer?.connectionOpened(id: id, peer: peer)
    if server.isDraining { beginDrain() }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    isInRead = true
    decoder.append(Self.unwrapInboundIn(data))
    process()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    isInRead = false
    executor.runBatch()
  }

  func read(context: ChannelHandlerContext) {
    if isReadingStopped { isReadHeld = true } else { context.read() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      unread.stop()
      admitSenders()
      updateReading()
    } else {
      watchUnread()
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    closeReason = closeReason ?? "\(error)"
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    isClosing = true
    outbound.close()
    unread.stop()
    deadlines?.cancel()
    let error = RPCError(code: .cancelled, message: "the caller closed the connection")
    for call in streams.close() { end(call, with: error) }
    failSenders(error)
    executor.setAfterBatch(nil)
    server.configuration.observer?.connectionClosed(id: id, peer: peer, reason: closeReason)
    server.connectionClosed(self)
  }

  // MARK: Reading

  /// Whether frames wait: a handler is behind on a stream that is alone, or the peer does not read.
  private var isReadingStopped: Bool {
    streams.isReadingPaused || context?.channel.isWritable == false
  }

  private func process() {
    if isProcessing { return }
    isProcessing = true
    defer { isProcessing = false }
    while !isReadingStopped, !isClosing, let event = decoder.next() {
      switch event {
      case .frame(let header, let body):
        switch header.kind {
        case .request: receiveRequest(header, body)
        case .data: receiveData(header, body)
        default: break  // as the protocol asks
        }
      case .oversized(let header): receiveOversized(header)
      case .unreadable(let header):
        receiveOversized(header)
        close(reason: "a frame announced \(header.bodyBytes) bytes")
      }
    }
  }

  /// Goes on reading if the reason not to has gone.
  func updateReading() {
    if isReadingStopped { return }
    process()
    if isReadHeld, !isReadingStopped {
      isReadHeld = false
      context?.read()
    }
  }

  // MARK: Writing

  /// Sees to it that what was written goes out in this turn of the loop.
  func requestFlush() {
    if outbound.isFlushDue {
      flush()
    } else if !isInRead && !executor.isRunningBatch {
      executor.scheduleBatch()
    }
  }

  /// Hands what was written to the kernel.
  func flush() {
    guard let context else { return }
    outbound.flush(to: context)
  }

  private func endTurn() {
    guard let context else { return }
    outbound.endTurn(context)
  }

  /// The bytes that the peer has not taken.
  var waitingBytes: Int {
    guard let context else { return 0 }
    // ignoring: a closed channel has no options and nothing waits in it.
    return (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  private func watchUnread() {
    unread.start(
      on: eventLoop, every: TimeAmount(clamping: limits.unreadTimeout),
      takenBytes: { [unowned self] in outbound.totalBytes &- UInt64(waitingBytes) },
      onStall: { [unowned self] in
        closeReason = "the peer read nothing for \(limits.unreadTimeout)"
        context?.close(promise: nil)
      })
  }

  // MARK: Deadlines

  func armDeadline(_ deadline: NIODeadline) {
    deadlines?.arm(deadline)
  }

  private func expireCalls() {
    let now = NIODeadline.now()
    var earliest: NIODeadline?
    for (key, call) in streams.activeCalls {
      guard let deadline = call.deadline else { continue }
      if deadline <= now {
        guard let call = streams.abandon(key) else { continue }
        answer(call, with: .deadlineExceededHere)
      } else {
        earliest = min(earliest ?? deadline, deadline)
      }
    }
    if let earliest { armDeadline(earliest) }
    afterCall()
  }

  // MARK: Ending

  /// Refuses calls from now on and closes the connection when the running ones are answered.
  func beginDrain() {
    streams.beginDrain()
    afterCall()
  }

  /// Answers what still runs and closes.
  func stop() {
    let error = RPCError(code: .unavailable, message: "the server stopped during the call")
    for (key, _) in streams.activeCalls {
      guard let call = streams.abandon(key) else { continue }
      answer(call, with: error)
    }
    close(reason: "the server stopped")
    // A peer that does not read must not keep the server from stopping.
    let box = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(in: .milliseconds(500)) { box.value.context?.close(promise: nil) }
  }

  /// Does what the end of a call may allow: read on, or close a drained connection.
  func afterCall() {
    updateReading()
    if streams.isDrained { closeWhenIdle() }
    requestFlush()
  }

  /// Closes a drained connection unless a request comes within a moment.
  ///
  /// A request that is on its way would be lost with the connection, and its caller could not know
  /// whether it ran; the pause lets it be answered UNAVAILABLE.
  private func closeWhenIdle() {
    let answered = outbound.totalBytes
    let box = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.scheduleTask(in: .milliseconds(20)) {
      let connection = box.value
      guard connection.streams.isDrained else { return }
      if connection.outbound.totalBytes == answered {
        connection.close(reason: nil)
      } else {
        connection.closeWhenIdle()
      }
    }
  }

  /// Closes after everything written has gone out.
  func close(reason: String?) {
    guard !isClosing, let context else { return }
    isClosing = true
    closeReason = reason
    flush()
    let box = NIOLoopBound(context, eventLoop: eventLoop)
    let promise = eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { _ in box.value.close(promise: nil) }
    context.writeAndFlush(NIOAny(ByteBuffer()), promise: promise)
  }
}
