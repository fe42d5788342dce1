import NIOCore

// What a connection does with requests, messages and handlers.
extension ServerConnection {
  // MARK: Frames

  func receiveRequest(_ header: FrameHeader, _ body: ByteBuffer) {
    if let error = streams.refusal(of: header.streamID) {
      return refuse(header.streamID, error)
    }
    let parsed: Result<(RequestEnvelope, Route), RPCError> = body.withUnsafeReadableBytes { bytes in
      do throws(EnvelopeError) {
        let envelope = try RequestEnvelope(decoding: bytes)
        return server.routes.route(for: envelope, in: bytes).map { (envelope, $0) }
      } catch {
        return .failure(
          RPCError(
            code: .invalidArgument, message: "malformed request envelope: \(error.description)"))
      }
    }
    switch parsed {
    case .failure(let error): refuse(header.streamID, error)
    case .success((let envelope, let route)): admit(header, envelope, route, body)
    }
  }

  private func admit(
    _ header: FrameHeader, _ envelope: RequestEnvelope, _ route: Route, _ body: ByteBuffer
  ) {
    let method = route.method.name
    do {
      guard envelope.timeoutNanoseconds >= 0 else { throw RPCError.deadlineExceededHere }
      try server.configuration.authorize?(peer, route.service, method)
      try server.beginCall()
    } catch {
      let error = RPCError(thrown: error)
      return refuse(header.streamID, error, service: route.service, method: method)
    }
    let call = makeCall(header, envelope, route)
    let payload = body.getSlice(
      at: body.readerIndex + envelope.payload.lowerBound, length: envelope.payload.count)
    let kind = route.method.handler.kind
    let hasMessage = kind.streamsRequests && !envelope.payload.isEmpty
    // A first message beside the request counts like one in a data frame, and the end follows it.
    call.key = streams.open(
      header.streamID, kind: kind,
      flags: hasMessage ? header.flags.subtracting(.remoteClosed) : header.flags, call: call)
    server.configuration.observer?.callStarted(call.context)
    if let deadline = call.deadline { armDeadline(deadline) }
    start(call, payload: Payload(payload ?? ByteBuffer()))
    if !kind.streamsRequests {
      call.requestBytes = envelope.payload.count
    } else if hasMessage, let payload, !header.flags.contains(.noData) {
      deliver(header.streamID, flags: header.flags.intersection(.remoteClosed), payload)
    } else if header.flags.contains(.remoteClosed) {
      call.requests?.finish()
    }
  }

  private func makeCall(
    _ header: FrameHeader, _ envelope: RequestEnvelope, _ route: Route
  ) -> ServerCall {
    let configuration = server.configuration
    var timeout = envelope.timeoutNanoseconds
    if let bound = configuration.limits.callDurationMax {
      let bound = TimeAmount(clamping: bound).nanoseconds
      timeout = timeout == 0 ? bound : min(timeout, bound)
    }
    let deadline: NIODeadline? = timeout == 0 ? nil : .after(nanoseconds: timeout)
    let context = ServerContext(
      service: route.service, method: route.method.name, metadata: envelope.metadata,
      deadline: timeout == 0 ? nil : ContinuousClock.now.advanced(by: .nanoseconds(timeout)),
      peer: peer, streamID: header.streamID, connectionID: id, traceSeed: configuration.traceSeed)
    return ServerCall(
      route: route, context: context,
      startTime: configuration.observer == nil ? .uptimeNanoseconds(0) : .now(),
      deadline: deadline)
  }

  func receiveData(_ header: FrameHeader, _ body: ByteBuffer) {
    deliver(header.streamID, flags: header.flags, body)
  }

  private func deliver(_ streamID: UInt32, flags: FrameHeader.Flags, _ body: ByteBuffer) {
    switch streams.receiveData(streamID, flags: flags, bodyBytes: body.readableBytes) {
    case .ignore: break
    case .refuse(let error): refuse(streamID, error)
    case .deliver(let call, let ends):
      call.requestBytes += body.readableBytes
      call.requests?.append(Payload(body))
      if ends { call.requests?.finish() }
    case .end(let call): call.requests?.finish()
    case .fail(let call, let error):
      answer(call, with: error)
      afterCall()
    }
  }

  func receiveOversized(_ header: FrameHeader) {
    let error = RPCError(
      code: .resourceExhausted,
      message: "message of \(header.bodyBytes) bytes, limit \(limits.requestBytesMax)")
    switch header.kind {
    case .request: refuse(header.streamID, error)
    case .data:
      if let key = streams.key(of: header.streamID), let call = streams.abandon(key) {
        answer(call, with: error)
        afterCall()
      } else {
        refuse(header.streamID, error)
      }
    default: break  // as the protocol asks
    }
  }

  // MARK: Handlers

  /// Starts the handler as a task on this connection's event loop.
  ///
  /// The task is not a child of another because a call is started by a channel event; it is kept
  /// in the call, cancelled with it, and counted until it returns.
  private func start(_ call: ServerCall, payload: Payload) {
    let context = call.context
    let sink = ResponseSink(connection: self, call: call)
    switch call.route.method.handler {
    case .unary(let handler):
      run(call) { try await handler(payload, context) }
    case .serverStreaming(let handler):
      run(call) {
        try await handler(payload, context, sink)
        return nil
      }
    case .clientStreaming(let handler):
      let source = makeSource(call)
      run(call) { try await handler(source, context) }
    case .bidirectional(let handler):
      let source = makeSource(call)
      run(call) {
        try await handler(source, context, sink)
        return nil
      }
    }
  }

  private func makeSource(_ call: ServerCall) -> RequestSource {
    let queue = MessageQueue(eventLoop: eventLoop) { [weak self, weak call] bytes in
      guard let self, let call else { return }
      streams.taken(call.key, bytes: bytes)
      updateReading()
    }
    call.requests = queue
    return RequestSource(queue: queue)
  }

  private func run(_ call: ServerCall, _ handler: @escaping @Sendable () async throws -> Payload?) {
    call.task = Task(executorPreference: executor) {
      var result: Result<Payload?, RPCError>
      do {
        result = .success(try await call.context.traced(handler))
      } catch {
        result = .failure(RPCError(thrown: error))
      }
      if self.eventLoop.inEventLoop {
        self.finish(call, result)
      } else {
        let final = result
        self.eventLoop.execute { self.finish(call, final) }
      }
    }
  }

  private func finish(_ call: ServerCall, _ result: Result<Payload?, RPCError>) {
    server.endCall()
    if streams.finish(call.key) {
      switch result {
      case .success(let payload?): writeResponse(call, payload)
      case .success(nil):
        outbound.write {
          $0.writeFrameHeader(
            bodyBytes: 0, streamID: call.key.streamID, kind: .data, flags: [.remoteClosed, .noData])
        }
        observe(call, nil)
      case .failure(let error): answer(call, with: error)
      }
      call.requests?.fail(.cancelledWhileWaiting)
    }
    call.task = nil
    afterCall()
  }

  private func writeResponse(_ call: ServerCall, _ payload: Payload) {
    let bodyBytes = ByteBuffer.responseBodyBytes(payloadBytes: payload.count)
    if let error = replyRefusal(bodyBytes) { return answer(call, with: error) }
    guard let context else { return }
    outbound.write {
      $0.writeFrameHeader(bodyBytes: bodyBytes, streamID: call.key.streamID, kind: .response)
      if bodyBytes > 0 { $0.writeFieldHead(2, contentBytes: payload.count) }
    }
    outbound.write(payload, to: context)
    call.responseBytes += payload.count
    observe(call, nil)
  }

  private func replyRefusal(_ bodyBytes: Int) -> RPCError? {
    if bodyBytes > FrameHeader.bodyBytesMax {
      return RPCError(
        code: .resourceExhausted,
        message: "reply of \(bodyBytes) bytes, limit \(FrameHeader.bodyBytesMax)")
    }
    guard context?.channel.isWritable == false else { return nil }
    let waiting = waitingBytes
    if waiting + bodyBytes > limits.outboundBytesMax {
      return RPCError(
        code: .resourceExhausted,
        message: "\(waiting) bytes wait for a slow reader, limit \(limits.outboundBytesMax)")
    }
    return nil
  }

  // MARK: Answers

  /// Sends the failure of a call that is no stream any more and stops its handler.
  func answer(_ call: ServerCall, with error: RPCError) {
    outbound.write { $0.writeErrorResponse(streamID: call.key.streamID, error: error) }
    end(call, with: error)
    requestFlush()
  }

  /// Stops a call without an answer.
  func end(_ call: ServerCall, with error: RPCError) {
    observe(call, error)
    call.cancel(error)
    failSenders(error, of: call)
  }

  /// Answers a request that runs no handler, or a message without a call.
  private func refuse(
    _ streamID: UInt32, _ error: RPCError, service: String? = nil, method: String? = nil
  ) {
    outbound.write { $0.writeErrorResponse(streamID: streamID, error: error) }
    server.configuration.observer?.callRefused(
      service: service, method: method, peer: peer, error: error)
    requestFlush()
  }

  private func observe(_ call: ServerCall, _ error: RPCError?) {
    guard let observer = server.configuration.observer else { return }
    let elapsed = NIODeadline.now() - call.startTime
    observer.callEnded(
      call.context,
      outcome: CallOutcome(
        code: error?.code ?? .ok, message: error?.message ?? "", cause: error?.cause,
        duration: .nanoseconds(elapsed.nanoseconds), requestBytes: call.requestBytes,
        responseBytes: call.responseBytes))
  }
}

extension RPCError {
  /// What a server answers when a call's time is over.
  static var deadlineExceededHere: RPCError {
    RPCError(code: .deadlineExceeded, message: "the deadline of the call has passed")
  }
}
