package import TTRPC

/// Services whose answers tests can predict.
package enum EchoServices {
  /// The name of the only service.
  package static let name = "test.Echo"

  /// The services for a server.
  package static let all = [
    RPCService(
      name: name,
      methods: [
        RPCMethod(name: "Echo", isIdempotent: true, handler: .unary { request, _ in request }),
        RPCMethod(name: "Fail", handler: .unary { request, _ in throw failure(request) }),
        RPCMethod(name: "Crash", handler: .unary { _, _ in throw Secret() }),
        RPCMethod(name: "Grow", handler: .unary { request, _ in grow(request) }),
        RPCMethod(name: "Wait", handler: .unary { _, _ in try await waitForCancellation() }),
        RPCMethod(name: "Trace", handler: .unary { _, context in payload(context.traceID) }),
        RPCMethod(
          name: "Peer",
          handler: .unary { _, context in
            payload("\(context.peer?.processID ?? 0) \(context.peer?.userID ?? 0)")
          }),
        RPCMethod(
          name: "Count",
          handler: .serverStreaming { request, _, responses in
            for index in 0..<(Int(text(request)) ?? 0) {
              try await responses.send(payload("\(index)"))
            }
          }),
        RPCMethod(
          name: "Repeat",
          handler: .serverStreaming { request, _, responses in
            for _ in 0..<200 { try await responses.send(request) }
          }),
        RPCMethod(
          name: "CountThenFail",
          handler: .serverStreaming { request, _, responses in
            try await responses.send(request)
            throw RPCError(code: .dataLoss, message: "after one")
          }),
        RPCMethod(
          name: "Sum",
          handler: .clientStreaming { requests, _ in
            var sum = 0
            for try await request in requests { sum += Int(text(request)) ?? 0 }
            return payload("\(sum)")
          }),
        RPCMethod(
          name: "Chat",
          handler: .bidirectional { requests, _, responses in
            for try await request in requests { try await responses.send(request) }
          }),
        RPCMethod(
          name: "Deaf",
          handler: .bidirectional { _, _, _ in _ = try await waitForCancellation() }),
      ])
  ]

  /// An error whose text no caller may see.
  struct Secret: Error, CustomStringConvertible {
    var description: String { "/home/secret" }
  }

  /// The bytes of a text.
  package static func payload(_ text: String) -> Payload { Payload(bytes: Array(text.utf8)) }

  /// The text of bytes.
  package static func text(_ payload: Payload) -> String {
    String(decoding: payload.bytes, as: UTF8.self)
  }

  private static func failure(_ request: Payload) -> RPCError {
    RPCError(code: RPCCode(rawValue: Int32(text(request)) ?? 2), message: "asked to fail")
  }

  private static func grow(_ request: Payload) -> Payload {
    Payload(bytes: [UInt8](repeating: 7, count: Int(text(request)) ?? 0))
  }

  /// Waits until the task is cancelled and throws that.
  package static func waitForCancellation() async throws -> Payload {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    for await _ in stream {}
    continuation.finish()
    throw CancellationError()
  }
}
