public import Messages
public import TTRPC

/// The connection to one daemon that typed clients share.
///
/// It connects when it is first used and again after the connection was lost.
public struct ServiceChannel: Sendable {
  /// The daemon at the other end, if it is one of the suite.
  public let daemon: DaemonName?
  /// The transport.
  public let transport: TTRPCClient
  private let limits: DecodingLimits

  /// Creates a channel over `transport`.
  public init(
    transport: TTRPCClient, daemon: DaemonName? = nil, limits: DecodingLimits = DecodingLimits()
  ) {
    self.transport = transport
    self.daemon = daemon
    self.limits = limits
  }

  /// Creates a channel to the socket at `socketPath`.
  public init(
    socketPath: String, daemon: DaemonName? = nil,
    configuration: ClientConfiguration = ClientConfiguration()
  ) {
    self.init(
      transport: TTRPCClient(socketPath: socketPath, configuration: configuration),
      daemon: daemon)
  }

  /// Closes the connection; calls under way fail with CANCELLED.
  public func close() async {
    await transport.close()
  }

  // MARK: For the generated clients

  func unary<Request: WireMessage, Response: WireMessage>(
    service: String, method: String, isIdempotent: Bool, request: Request, options: CallOptions
  ) async throws(CallError) -> Response {
    let call = "\(service)/\(method)"
    let payload = try payload(of: request, for: call)
    let answer: Payload
    do throws(RPCError) {
      answer = try await transport.unary(
        service: service, method: method, payload: payload,
        options: options.marked(isIdempotent: isIdempotent))
    } catch {
      throw CallError(error, daemon: daemon, method: call)
    }
    return try message(from: answer, for: call)
  }

  func serverStream<Request: WireMessage, Response: WireMessage>(
    service: String, method: String, isIdempotent: Bool, request: Request, options: CallOptions
  ) async throws(CallError) -> MessageCall<Request, Response> {
    try await stream(
      service: service, method: method, kind: .serverStreaming,
      payload: payload(of: request, for: "\(service)/\(method)"),
      options: options.marked(isIdempotent: isIdempotent))
  }

  func clientStream<Request: WireMessage, Response: WireMessage>(
    service: String, method: String, isIdempotent: Bool, options: CallOptions
  ) async throws(CallError) -> MessageCall<Request, Response> {
    try await stream(
      service: service, method: method, kind: .clientStreaming, payload: Payload(),
      options: options.marked(isIdempotent: isIdempotent))
  }

  func bidirectionalStream<Request: WireMessage, Response: WireMessage>(
    service: String, method: String, isIdempotent: Bool, options: CallOptions
  ) async throws(CallError) -> MessageCall<Request, Response> {
    try await stream(
      service: service, method: method, kind: .bidirectional, payload: Payload(),
      options: options.marked(isIdempotent: isIdempotent))
  }

  private func stream<Request: WireMessage, Response: WireMessage>(
    service: String, method: String, kind: MethodKind, payload: Payload, options: CallOptions
  ) async throws(CallError) -> MessageCall<Request, Response> {
    let call = "\(service)/\(method)"
    do throws(RPCError) {
      let stream = try await transport.stream(
        service: service, method: method, kind: kind, payload: payload, options: options)
      return MessageCall(stream, channel: self, method: call)
    } catch {
      throw CallError(error, daemon: daemon, method: call)
    }
  }

  func payload(of message: some WireMessage, for method: String) throws(CallError) -> Payload {
    do throws(MessageError) {
      return try message.withPacked { packed in
        Payload(capacity: packed.byteCount) { packed.write(to: $0) }
      }
    } catch {
      throw CallError(sending: error, daemon: daemon, method: method)
    }
  }

  func message<Message: WireMessage>(
    from payload: Payload, for method: String
  ) throws(CallError) -> Message {
    do throws(MessageError) {
      return try payload.withUnsafeBytes { (bytes) throws(MessageError) in
        try Message.decoded(from: bytes, limits: limits)
      }
    } catch {
      throw CallError(receiving: error, daemon: daemon, method: method)
    }
  }
}

extension CallOptions {
  /// These options for a method of which the schema says whether it may be repeated.
  fileprivate func marked(isIdempotent: Bool) -> CallOptions {
    var options = self
    options.isIdempotent = options.isIdempotent || isIdempotent
    return options
  }
}
