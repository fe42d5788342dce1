import NIOCore
import NIOPosix
import Synchronization

/// Calls methods over ttrpc on a Unix socket.
///
/// Connects when first used and again when a connection is lost. Unary calls share one connection;
/// each stream has one for itself while it lasts, so that a slow reader holds up nobody else and
/// cancelling a stream reaches the server.
public final class TTRPCClient: Sendable {
  /// The socket that this client connects to.
  public let socketPath: String

  private let configuration: ClientConfiguration
  private let core: ClientCore
  private let jitter: Atomic<UInt64>

  /// Makes a client; nothing is connected yet.
  public convenience init(
    socketPath: String, configuration: ClientConfiguration = ClientConfiguration()
  ) {
    self.init(socketPath: socketPath, configuration: configuration, firstID: 1)
  }

  init(socketPath: String, configuration: ClientConfiguration, firstID: UInt32) {
    self.socketPath = socketPath
    self.configuration = configuration
    jitter = Atomic(configuration.retry.jitterSeed)
    let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
    let core = ClientCore(
      socketPath: socketPath, configuration: configuration, eventLoop: eventLoop,
      firstID: firstID)
    self.core = core
    eventLoop.execute { core.start() }
  }

  deinit {
    let core = self.core
    core.eventLoop.execute { core.close() }
  }

  /// Where this client's work is done; callers that run here save two changes of thread a call.
  ///
  /// Use it as a task's executor preference for code that does little besides calling.
  public var taskExecutor: any TaskExecutor { core.executor }

  /// Calls a method with one request and one response.
  ///
  /// Fails with DEADLINE_EXCEEDED when the time is over, CANCELLED when the task is cancelled,
  /// RESOURCE_EXHAUSTED for a request over 4 MiB, and UNAVAILABLE or PERMISSION_DENIED, naming
  /// the socket, when there is no connection to be had.
  public func unary(
    service: String, method: String, payload: Payload, options: CallOptions = CallOptions()
  ) async throws(RPCError) -> Payload {
    let head = RequestHead(service: service, method: method, metadata: options.tracedMetadata)
    try check(head, payload)
    let deadline = deadline(after: options.timeout ?? configuration.unaryTimeout)
    var attempt = 1
    while true {
      let call = ClientCall(
        kind: .unary, head: head, payload: payload, deadline: deadline, attempt: attempt,
        isIdempotent: options.isIdempotent)
      switch await run(call) {
      case .success(let payload): return payload
      case .failure(let failure):
        guard failure.isRetryAllowed else { throw failure.error }
        attempt += 1
        try await pause(beforeAttempt: attempt, deadline: deadline, after: failure.error)
      }
    }
  }

  /// Opens a call on which one side or both send a stream of messages.
  ///
  /// `payload` is the request of a server-streaming method; other kinds send theirs with
  /// ``StreamingCall/send(_:)``. Use ``unary(service:method:payload:options:)`` for unary methods.
  public func stream(
    service: String, method: String, kind: MethodKind, payload: Payload = Payload(),
    options: CallOptions = CallOptions()
  ) async throws(RPCError) -> StreamingCall {
    precondition(kind != .unary, "\(service)/\(method) is called as a stream and is unary")
    let head = RequestHead(service: service, method: method, metadata: options.tracedMetadata)
    try check(head, payload)
    let deadline = options.timeout.flatMap { self.deadline(after: $0) }
    var attempt = 1
    while true {
      let call = StreamingCall(
        client: self, core: core, kind: kind, head: head, payload: payload, deadline: deadline,
        attempt: attempt)
      switch await run(call.call) {
      case .success: return call
      case .failure(let failure):
        guard failure.isRetryAllowed else { throw failure.error }
        attempt += 1
        try await pause(beforeAttempt: attempt, deadline: deadline, after: failure.error)
      }
    }
  }

  /// Closes the connections; calls under way and later ones fail with CANCELLED.
  public func close() async {
    await withCheckedContinuation { continuation in
      let core = self.core
      core.eventLoop.execute {
        core.close()
        continuation.resume()
      }
    }
  }

  private func run(_ call: ClientCall) async -> ClientCall.Result {
    let core = self.core
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        let body = { @Sendable in
          call.continuation = continuation
          core.begin(call)
        }
        if core.eventLoop.inEventLoop { body() } else { core.eventLoop.execute(body) }
      }
    } onCancel: {
      call.markCancelled()
      core.eventLoop.execute { core.cancel(call) }
    }
  }

  private func check(_ head: RequestHead, _ payload: Payload) throws(RPCError) {
    // The timeout's largest encoding is counted, for it is known only when the request goes out.
    let bytes = head.bodyBytes(payloadBytes: payload.count) + 11
    if bytes > FrameHeader.bodyBytesMax {
      throw RPCError(
        code: .resourceExhausted,
        message: "request of \(bytes) bytes, limit \(FrameHeader.bodyBytesMax)")
    }
  }

  private func deadline(after timeout: Duration?) -> NIODeadline? {
    timeout.map { .after(nanoseconds: TimeAmount(clamping: $0).nanoseconds) }
  }

  private func pause(
    beforeAttempt attempt: Int, deadline: NIODeadline?, after error: RPCError
  ) async throws(RPCError) {
    // A step of a Weyl sequence, mixed: cheap, and different for every pause.
    var random = jitter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
    random = (random ^ (random >> 31)) &* 0xBF58_476D_1CE4_E5B9
    let delay = configuration.retry.delay(beforeAttempt: attempt, random: random)
    if let deadline, deadline - .now() <= TimeAmount(clamping: delay) { throw error }
    do {
      try await Task.sleep(for: delay)
    } catch {
      throw .cancelledByCaller
    }
  }
}
