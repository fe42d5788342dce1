/// A named set of methods that a server offers.
public struct RPCService: Sendable {
  /// The full protobuf name, such as `autodidact.v1.Encoder`.
  public let name: String
  /// The methods in the order of the `.proto` file.
  public let methods: [RPCMethod]

  /// Makes a service; method names must differ.
  public init(name: String, methods: [RPCMethod]) {
    precondition(
      Set(methods.map { $0.name }).count == methods.count,
      "service \(name) has two methods of one name: \(methods.map { $0.name })")
    self.name = name
    self.methods = methods
  }
}

/// One method: its name, whether it may be repeated, and what runs it.
public struct RPCMethod: Sendable {
  /// The bare name, such as `Encode`.
  public let name: String
  /// Whether running a call twice does no harm.
  public let isIdempotent: Bool
  /// What runs a call.
  public let handler: RPCHandler

  /// Makes a method.
  public init(name: String, isIdempotent: Bool = false, handler: RPCHandler) {
    self.name = name
    self.isIdempotent = isIdempotent
    self.handler = handler
  }
}

/// What runs a call, by the kind of the method.
///
/// A handler runs on the event loop of its connection: it must not block or compute there, but go
/// to an executor made for that. An ``RPCError`` or ``RPCErrorConvertible`` that it throws is the
/// caller's status; any other error is INTERNAL. It is cancelled at the deadline, when the caller
/// goes away, and when the server stops.
public enum RPCHandler: Sendable {
  /// One request in, one response out.
  case unary(@Sendable (Payload, ServerContext) async throws -> Payload)
  /// One request in, responses into the sink; returning ends the stream.
  case serverStreaming(@Sendable (Payload, ServerContext, ResponseSink) async throws -> Void)
  /// Requests from the source, one response out.
  case clientStreaming(@Sendable (RequestSource, ServerContext) async throws -> Payload)
  /// Requests from the source, responses into the sink; returning ends the stream.
  case bidirectional(@Sendable (RequestSource, ServerContext, ResponseSink) async throws -> Void)

  /// How many messages each side sends.
  public var kind: MethodKind {
    switch self {
    case .unary: .unary
    case .serverStreaming: .serverStreaming
    case .clientStreaming: .clientStreaming
    case .bidirectional: .bidirectional
    }
  }
}
