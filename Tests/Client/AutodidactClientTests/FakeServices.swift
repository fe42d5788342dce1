import Messages
import TTRPC

/// Services with just enough behaviour to see that the clients speak to them.
enum FakeServices {
  static let all = [encoder, detector, health]

  private static let encoder = RPCService(
    name: "autodidact.v1.Encoder",
    methods: [
      RPCMethod(
        name: "Encode",
        handler: .unary { payload, _ in
          try answer(encoded(message(EncodeRequest.self, payload)))
        }),
      RPCMethod(
        name: "EncodeStream",
        handler: .bidirectional { source, _, sink in
          for try await payload in source {
            let response = try encoded(message(EncodeRequest.self, payload))
            try await sink.send(answer(response))
          }
        }),
      RPCMethod(name: "Tokenize", handler: .unary { _, _ in Payload(bytes: [0x0a, 0x05, 1]) }),
    ])

  private static let detector = RPCService(
    name: "autodidact.v1.OODDetector",
    methods: [
      RPCMethod(
        name: "Fit",
        handler: .clientStreaming { source, _ in
          var rowCount: UInt64 = 0
          for try await payload in source {
            let request = try message(FitDetectorRequest.self, payload)
            if case .chunk(let chunk) = request.part {
              rowCount += chunk.features?.shape.first ?? 0
            }
          }
          let detector = Detector(fittedRowCount: rowCount)
          return try answer(FitDetectorResponse(detector: detector))
        })
    ])

  private static let health = RPCService(
    name: "autodidact.v1.Health",
    methods: [
      RPCMethod(
        name: "Watch",
        handler: .serverStreaming { payload, _, sink in
          let request = try message(HealthCheckRequest.self, payload)
          guard request.service == "x" else { return }
          for status in [.serviceUnknown, .serving, .notServing] as [ServingStatus] {
            try await sink.send(answer(HealthCheckResponse(status: status)))
          }
        })
    ])

  private static func encoded(_ request: EncodeRequest) throws -> EncodeResponse {
    guard request.model.isEmpty else {
      throw RPCError(code: .notFound, message: "no model `\(request.model)`")
    }
    var response = EncodeResponse(sequence: request.sequence)
    if case .text(let batch) = request.input {
      let counts = batch.texts.map { Float($0.utf8.count) }
      response.features = Tensor(rowCount: counts.count, columnCount: 1, floats: counts)
    }
    return response
  }

  private static func message<Message: WireMessage>(
    _: Message.Type, _ payload: Payload
  ) throws -> Message {
    try Message.decoded(from: payload.bytes)
  }

  private static func answer(_ message: some WireMessage) throws -> Payload {
    Payload(bytes: try message.encoded())
  }
}
