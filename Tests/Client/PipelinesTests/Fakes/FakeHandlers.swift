import Messages
import TTRPC

extension WireMessage {
  /// Reads a message that a client sent.
  init(reading payload: Payload) throws {
    self = try payload.withUnsafeBytes { bytes in
      try Self.decoded(from: bytes, limits: DecodingLimits())
    }
  }

  /// The message for the wire.
  func payload() throws -> Payload { Payload(bytes: try encoded()) }
}

extension RPCMethod {
  /// A method with one request and one response.
  static func unary<Request: WireMessage, Response: WireMessage>(
    _ name: String, _ body: @escaping @Sendable (Request) async throws -> Response
  ) -> RPCMethod {
    RPCMethod(
      name: name, isIdempotent: true,
      handler: .unary { payload, _ in try await body(Request(reading: payload)).payload() })
  }

  /// A method with one request and many responses.
  static func serverStream<Request: WireMessage, Response: WireMessage>(
    _ name: String,
    _ body: @escaping @Sendable (Request, (Response) async throws -> Void) async throws -> Void
  ) -> RPCMethod {
    RPCMethod(
      name: name, isIdempotent: true,
      handler: .serverStreaming { payload, _, sink in
        try await body(Request(reading: payload)) { try await sink.send($0.payload()) }
      })
  }

  /// A method with many requests and one response.
  static func clientStream<Request: WireMessage, Response: WireMessage>(
    _ name: String, _ body: @escaping @Sendable ([Request]) async throws -> Response
  ) -> RPCMethod {
    RPCMethod(
      name: name, isIdempotent: true,
      handler: .clientStreaming { source, _ in
        var requests: [Request] = []
        for try await payload in source { requests.append(try Request(reading: payload)) }
        return try await body(requests).payload()
      })
  }

  /// A method that answers every request; the body hears the first request too.
  static func bidirectional<Request: WireMessage, Response: WireMessage>(
    _ name: String,
    _ body: @escaping @Sendable (_ request: Request, _ first: Request) async throws -> Response
  ) -> RPCMethod {
    RPCMethod(
      name: name, isIdempotent: true,
      handler: .bidirectional { source, _, sink in
        var first: Request?
        for try await payload in source {
          let request = try Request(reading: payload)
          first = first ?? request
          try await sink.send(try await body(request, first ?? request).payload())
        }
      })
  }
}
