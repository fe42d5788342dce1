/// What a caller may say about one call.
public struct CallOptions: Sendable {
  /// How long the call may take; nil means the client's default.
  public var timeout: Duration?
  /// Pairs that travel with the request.
  public var metadata: Metadata
  /// Whether running the call twice does no harm, so that it may be retried on a broken connection.
  public var isIdempotent: Bool

  /// Makes options; the defaults are the client's timeout, no metadata and no repetition.
  public init(
    timeout: Duration? = nil, metadata: Metadata = Metadata(), isIdempotent: Bool = false
  ) {
    self.timeout = timeout
    self.metadata = metadata
    self.isIdempotent = isIdempotent
  }

  /// The metadata with the task's trace id where there is one and no other is given.
  var tracedMetadata: Metadata {
    guard let id = TraceID.current, metadata.first(TraceID.metadataKey) == nil else {
      return metadata
    }
    var metadata = self.metadata
    metadata.add(id, for: TraceID.metadataKey)
    return metadata
  }
}

/// How many messages each side of a call sends.
public enum MethodKind: Sendable, Hashable, CaseIterable {
  /// One request, one response.
  case unary
  /// One request, any number of responses.
  case serverStreaming
  /// Any number of requests, one response.
  case clientStreaming
  /// Any number of requests and responses.
  case bidirectional

  /// Whether the client sends its requests as separate messages.
  var streamsRequests: Bool { self == .clientStreaming || self == .bidirectional }
  /// Whether the server sends its responses as separate messages.
  var streamsResponses: Bool { self == .serverStreaming || self == .bidirectional }
}
