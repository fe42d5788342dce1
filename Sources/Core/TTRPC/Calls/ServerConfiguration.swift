/// What a server allows and whom it tells.
public struct ServerConfiguration: Sendable {
  /// Decides whether a peer may call a method; throws the refusal.
  ///
  /// It runs on the event loop for every call, so it must only compare values.
  public typealias Authorization =
    @Sendable (_ peer: PeerCredentials?, _ service: String, _ method: String) throws -> Void

  /// The bounds of everything that a peer controls.
  public var limits = ServerLimits()
  /// How many threads serve connections.
  public var eventLoopCount = 1
  /// Who may call what; nil allows everybody who can open the socket.
  public var authorize: Authorization?
  /// Who hears of calls and connections.
  public var observer: (any ServerObserver)?
  /// A number that makes trace ids of this process differ from those of another; give a random one.
  public var traceSeed: UInt64

  /// Makes a configuration with the default limits.
  public init(traceSeed: UInt64 = 0) {
    self.traceSeed = traceSeed
  }
}

/// The bounds of everything that a peer controls.
public struct ServerLimits: Sendable, Hashable {
  /// Connections open at once; one more is closed at once.
  public var connectionCountMax = 512
  /// Calls of one connection that run at once; one more is answered RESOURCE_EXHAUSTED.
  public var connectionCallCountMax = 256
  /// Calls of all connections that run at once; one more is answered RESOURCE_EXHAUSTED.
  public var callCountMax = 1024
  /// Messages of one stream that wait for its handler.
  public var streamMessageCountMax = 64
  /// Bytes of one stream that wait for its handler.
  public var streamBytesMax = 16 << 20
  /// Bytes that wait for a reader before senders are suspended and reading stops.
  public var outboundBytesHigh = 8 << 20
  /// Bytes that may wait for a reader at all; a reply beyond is replaced by RESOURCE_EXHAUSTED.
  public var outboundBytesMax = 64 << 20
  /// Bytes of one request message with its envelope, at most the protocol's 4 MiB; a larger one is
  /// answered RESOURCE_EXHAUSTED.
  public var requestBytesMax = 4 << 20
  /// The size of an oversized request that is still read and thrown away; above it the connection
  /// is closed.
  public var discardBytesMax = 64 << 20
  /// How long a peer may read nothing while bytes wait beyond `outboundBytesHigh`.
  public var unreadTimeout: Duration = .seconds(30)
  /// The longest time that a call may take whatever the caller asks for; nil means no bound.
  public var callDurationMax: Duration?

  /// Makes the default limits.
  public init() {}
}

/// How a call ended, for logs and counters.
public struct CallOutcome: Sendable {
  /// The status that was answered.
  public let code: RPCCode
  /// The message that was answered; empty on success.
  public let message: String
  /// The error behind the status, which the caller does not see.
  public let cause: (any Error)?
  /// From the request's last byte to the answer.
  public let duration: Duration
  /// Bytes of all request messages.
  public let requestBytes: Int
  /// Bytes of all response messages.
  public let responseBytes: Int
}

/// Hears of calls and connections; every method runs on an event loop and must not block.
public protocol ServerObserver: Sendable {
  /// A call was admitted and its handler is about to run.
  func callStarted(_ context: ServerContext)
  /// A call was answered.
  func callEnded(_ context: ServerContext, outcome: CallOutcome)
  /// A request was answered without running a handler; the names are nil where unreadable.
  func callRefused(service: String?, method: String?, peer: PeerCredentials?, error: RPCError)
  /// A peer connected.
  func connectionOpened(id: UInt64, peer: PeerCredentials?)
  /// A connection is gone; `reason` says why when it was the server that gave it up.
  func connectionClosed(id: UInt64, peer: PeerCredentials?, reason: String?)
}

extension ServerObserver {
  /// Does nothing.
  public func callStarted(_ context: ServerContext) {}
  /// Does nothing.
  public func callRefused(
    service: String?, method: String?, peer: PeerCredentials?, error: RPCError
  ) {}
  /// Does nothing.
  public func connectionOpened(id: UInt64, peer: PeerCredentials?) {}
  /// Does nothing.
  public func connectionClosed(id: UInt64, peer: PeerCredentials?, reason: String?) {}
}
