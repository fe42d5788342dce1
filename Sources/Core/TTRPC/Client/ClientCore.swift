import NIOCore
import NIOPosix

/// The part of a client that lives on its event loop: connections, calls that wait for one, the
/// budget of retries.
///
/// Safety of `@unchecked Sendable`: the stored variables are touched on the event loop only.
final class ClientCore: @unchecked Sendable {
  let socketPath: String
  let configuration: ClientConfiguration
  let eventLoop: any EventLoop
  let executor: LoopExecutor

  /// The connection that all unary calls share.
  private var shared: ClientConnection?
  private var isConnecting = false
  /// Unary calls that wait for the shared connection.
  private var waiting: [ClientCall] = []
  private var waitingStreams: [ClientCall] = []
  private var idle: [ClientConnection] = []
  private var connections: [ObjectIdentifier: ClientConnection] = [:]
  private var isClosed = false
  private var budget: RetryBudget
  private var firstID: UInt32
  private var deadlines: DeadlineTimer?

  init(
    socketPath: String, configuration: ClientConfiguration, eventLoop: any EventLoop,
    firstID: UInt32
  ) {
    self.socketPath = socketPath
    self.configuration = configuration
    self.eventLoop = eventLoop
    self.firstID = firstID
    executor = LoopExecutor(eventLoop: eventLoop)
    budget = RetryBudget(limit: configuration.retry.budget)
  }

  /// Connects the parts that refer to each other; on the event loop, before anything else.
  func start() {
    executor.setAfterBatch { [weak self] in self?.endTurn() }
    deadlines = DeadlineTimer(eventLoop: eventLoop) { [weak self] in self?.expireCalls() }
  }

  // MARK: Calls

  /// Begins a call on a connection of its kind, making one first where there is none.
  func begin(_ call: ClientCall) {
    eventLoop.assertInEventLoop()
    precondition(call.continuation != nil, "a call of \(call.head.method) begins without a caller")
    if isClosed {
      return fail(call, .clientClosed, fate: .final)
    }
    if call.isCancelled { return fail(call, .cancelledByCaller, fate: .final) }
    if let deadline = call.deadline { deadlines?.arm(deadline) }
    if call.kind == .unary {
      if let shared, shared.canOpen { return shared.begin(call) }
      waiting.append(call)
      if !isConnecting { connectShared() }
    } else if let connection = takeIdle() {
      connection.begin(call)
    } else {
      waitingStreams.append(call)
      connectForStream(call)
    }
  }

  private func takeIdle() -> ClientConnection? {
    while let connection = idle.popLast() {
      if connection.canOpen && connection.isIdle { return connection }
    }
    return nil
  }

  /// Gives a call up because its caller did.
  func cancel(_ call: ClientCall) {
    abandon(call, .cancelledByCaller)
  }

  private func abandon(_ call: ClientCall, _ error: RPCError) {
    if let connection = call.connection {
      connection.abandon(call, error)
    } else {
      waiting.removeAll { $0 === call }
      waitingStreams.removeAll { $0 === call }
      fail(call, error, fate: .final, dropsMessages: true)
    }
  }

  /// Ends a unary call well.
  func succeed(_ call: ClientCall, _ payload: Payload) {
    budget.recordSuccess()
    call.resume(.success(payload))
  }

  /// Notes that a stream ended well.
  func recordSuccess() {
    budget.recordSuccess()
  }

  /// Ends a call badly and decides whether its caller may try again.
  ///
  /// `dropsMessages` says that the caller gave up, who wants nothing more of what had come.
  func fail(
    _ call: ClientCall, _ error: RPCError, fate: ClientCall.Failure.Fate,
    dropsMessages: Bool = false
  ) {
    call.endError = error
    if dropsMessages {
      call.responses?.fail(error)
    } else {
      call.responses?.finish(throwing: error)
    }
    guard call.continuation != nil else { return }
    var failure = ClientCall.Failure(error: error, fate: fate)
    let mayRunAgain =
      switch fate {
      case .notRun: true
      case .unknown: call.isIdempotent
      case .final: false
      }
    if mayRunAgain, call.attempt < configuration.retry.attemptCountMax {
      failure.isRetryAllowed = budget.withdraw()
    }
    call.resume(.failure(failure))
  }

  private func expireCalls() {
    let now = NIODeadline.now()
    var earliest: NIODeadline?
    let calls =
      connections.values.flatMap { $0.callsWithDeadline } + waiting + waitingStreams
    for call in calls {
      guard let deadline = call.deadline else { continue }
      if deadline <= now {
        abandon(call, .deadlineExceededLocally)
      } else {
        earliest = min(earliest ?? deadline, deadline)
      }
    }
    if let earliest { deadlines?.arm(earliest) }
  }

  // MARK: Connections

  private func connectShared() {
    isConnecting = true
    connect { [self] result in
      isConnecting = false
      let calls = waiting
      waiting = []
      switch result {
      case .success(let connection):
        shared = connection
        for call in calls { begin(call) }
      case .failure(let error):
        for call in calls { fail(call, error, fate: error.connectFate) }
      }
    }
  }

  private func connectForStream(_ call: ClientCall) {
    connect { [self] result in
      // A stream may have been given up meanwhile.
      let isWaiting = waitingStreams.contains { $0 === call }
      waitingStreams.removeAll { $0 === call }
      switch result {
      case .success(let connection):
        if isWaiting { connection.begin(call) } else { streamEnded(on: connection) }
      case .failure(let error):
        if isWaiting { fail(call, error, fate: error.connectFate) }
      }
    }
  }

  private func connect(_ body: @escaping (Result<ClientConnection, RPCError>) -> Void) {
    let connection = ClientConnection(core: self, firstID: firstID)
    firstID = 1
    let box = NIOLoopBound((connection, body), eventLoop: eventLoop)
    let high = configuration.outboundBytesHigh
    ClientBootstrap(group: eventLoop)
      .connectTimeout(TimeAmount(clamping: configuration.connectTimeout))
      .channelOption(.writeBufferWaterMark, value: .init(low: high / 2, high: high))
      .channelOption(.recvAllocator, value: ReadBuffers.allocator)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(box.value.0)
        }
      }
      .connect(unixDomainSocketPath: socketPath)
      .whenComplete { result in
        let (connection, body) = box.value
        switch result {
        case .failure(let error):
          body(.failure(RPCError(connecting: self.socketPath, error)))
        case .success where self.isClosed:
          connection.close(.clientClosed)
          body(.failure(.clientClosed))
        case .success:
          self.connections[ObjectIdentifier(connection)] = connection
          body(.success(connection))
        }
        self.requestFlush()
      }
  }

  /// Keeps the connection of a stream that has ended for the next one, or closes it.
  func streamEnded(on connection: ClientConnection) {
    guard connection.isIdle, connection.canOpen, connection !== shared, !isClosed else { return }
    if idle.count < configuration.idleConnectionCountMax {
      idle.append(connection)
    } else {
      connection.close(.clientClosed)
    }
  }

  /// Forgets a connection that is gone.
  func connectionClosed(_ connection: ClientConnection) {
    connections[ObjectIdentifier(connection)] = nil
    if shared === connection { shared = nil }
    idle.removeAll { $0 === connection }
    requestFlush()
  }

  /// Fails what is under way and closes every connection; nothing works afterwards.
  func close() {
    if isClosed { return }
    isClosed = true
    for call in waiting + waitingStreams { fail(call, .clientClosed, fate: .final) }
    waiting = []
    waitingStreams = []
    deadlines?.cancel()
    for connection in connections.values { connection.close(.clientClosed) }
  }

  // MARK: Writing

  /// Sees to it that what was written goes out in this turn of the loop.
  func requestFlush() {
    if !executor.isRunningBatch { executor.scheduleBatch() }
  }

  private func endTurn() {
    for connection in connections.values { connection.endTurn() }
  }
}

extension RPCError {
  /// What a caller gets who cancelled.
  static var cancelledByCaller: RPCError {
    RPCError(code: .cancelled, message: "the caller gave the call up")
  }

  /// What a caller gets from a client that was closed.
  static var clientClosed: RPCError {
    RPCError(code: .cancelled, message: "the client was closed")
  }

  /// Says which socket could not be reached and why, for the person at the terminal.
  init(connecting path: String, _ error: any Error) {
    let number = (error as? IOError)?.errnoCode
    switch number {
    case ENOENT:
      self.init(
        code: .unavailable, message: "daemon not running: no socket at \(path)", cause: error)
    case ECONNREFUSED:
      self.init(
        code: .unavailable, message: "daemon not running: nobody listens on \(path)", cause: error)
    case EACCES, EPERM:
      self.init(
        code: .permissionDenied, message: "permission denied on socket \(path)", cause: error)
    case EAGAIN:
      self.init(
        code: .unavailable, message: "too many clients wait at \(path)", cause: error)
    default:
      self.init(
        code: .unavailable, message: "cannot connect to \(path): \(error)", cause: error)
    }
  }

  /// A refused permission will not change by trying again, other reasons may.
  fileprivate var connectFate: ClientCall.Failure.Fate {
    code == .unavailable ? .notRun : .final
  }
}
