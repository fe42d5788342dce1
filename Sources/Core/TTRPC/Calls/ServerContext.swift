/// What a handler may know about the call that it runs.
public struct ServerContext: Sendable {
  /// The full protobuf name of the service.
  public let service: String
  /// The bare name of the method.
  public let method: String
  /// The pairs sent with the request, keys in lower case.
  public let metadata: Metadata
  /// When the call must be over; nil without a limit.
  public let deadline: ContinuousClock.Instant?
  /// Who calls; nil where the kernel does not say.
  public let peer: PeerCredentials?
  /// The stream id of the call on its connection.
  public let streamID: UInt32
  /// The server's number for the connection that the call came on.
  public let connectionID: UInt64

  private let traceSeed: UInt64

  /// Makes a context; servers make them, and tests of handlers.
  public init(
    service: String, method: String, metadata: Metadata = Metadata(),
    deadline: ContinuousClock.Instant? = nil, peer: PeerCredentials? = nil,
    streamID: UInt32 = 1, connectionID: UInt64 = 0, traceSeed: UInt64 = 0
  ) {
    self.service = service
    self.method = method
    self.metadata = metadata
    self.deadline = deadline
    self.peer = peer
    self.streamID = streamID
    self.connectionID = connectionID
    self.traceSeed = traceSeed
  }

  /// What ties this call to others of the same piece of work.
  ///
  /// It is the caller's (see ``TraceID``) where there is one, cut to what a server takes, else a
  /// number made from the server's seed, the connection and the stream.
  public var traceID: String {
    if let givenTraceID { return givenTraceID }
    let high = TraceID.hexadecimal(traceSeed ^ (connectionID &* 0x9E37_79B9_7F4A_7C15))
    return high + TraceID.hexadecimal(connectionID << 32 | UInt64(streamID))
  }

  /// The caller's trace id, if it sent one.
  var givenTraceID: String? { TraceID.taken(metadata.first(TraceID.metadataKey)) }

  /// Runs a handler, so that the calls that it makes carry the caller's trace id.
  func traced<Result>(_ handler: () async throws -> Result) async throws -> Result {
    guard let givenTraceID else { return try await handler() }
    return try await TraceID.$current.withValue(givenTraceID, operation: handler)
  }
}
