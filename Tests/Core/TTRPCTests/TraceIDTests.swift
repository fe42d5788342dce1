import EchoServices
import TTRPC
import Testing

/// How a trace id gets from a task to the logs of all daemons that work for it.
@Suite(.timeLimit(.minutes(3)))
struct TraceIDTests {
  private let service = EchoServices.name

  private func trace(_ client: TTRPCClient, options: CallOptions = CallOptions()) async throws
    -> String
  {
    let answer = try await client.unary(
      service: service, method: "Trace", payload: Payload(), options: options)
    return EchoServices.text(answer)
  }

  @Test func `calls carry the id of their task and without one the server makes one`() async throws
  {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      let given = try await TraceID.$current.withValue("nightly") { try await trace(client) }
      #expect(given == "nightly")
      #expect(try await trace(client).count == 32)
      await client.close()
    }
  }

  @Test func `an id among the options of a call goes before that of the task`() async throws {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      let given = try await TraceID.$current.withValue("task") {
        try await trace(client, options: CallOptions(metadata: ["trace-id": "call", "k": "v"]))
      }
      #expect(given == "call")
      await client.close()
    }
  }

  @Test func `the calls that a handler makes carry the id of its caller`() async throws {
    try await withServer { _, innerPath in
      let inner = TTRPCClient(socketPath: innerPath)
      let relay = RPCMethod(
        name: "Relay",
        handler: .unary { request, _ in
          try await inner.unary(service: EchoServices.name, method: "Trace", payload: request)
        })
      try await withServer(services: [RPCService(name: "test.Relay", methods: [relay])]) {
        _, path in
        let client = TTRPCClient(socketPath: path)
        let given = try await TraceID.$current.withValue("far") {
          try await client.unary(service: "test.Relay", method: "Relay", payload: Payload())
        }
        #expect(EchoServices.text(given) == "far")
        let other = try await client.unary(
          service: "test.Relay", method: "Relay", payload: Payload())
        #expect(EchoServices.text(other) != "far")
        await client.close()
      }
      await inner.close()
    }
  }

  @Test func `streams carry it as well`() async throws {
    let echo = RPCMethod(
      name: "Told",
      handler: .serverStreaming { _, context, responses in
        try await responses.send(EchoServices.payload(context.traceID))
      })
    try await withServer(services: [RPCService(name: "test.Told", methods: [echo])]) { _, path in
      let client = TTRPCClient(socketPath: path)
      let call = try await TraceID.$current.withValue("streamed") {
        try await client.stream(service: "test.Told", method: "Told", kind: .serverStreaming)
      }
      var told: [String] = []
      for try await response in call.responses { told.append(EchoServices.text(response)) }
      #expect(told == ["streamed"])
      await client.close()
    }
  }
}
