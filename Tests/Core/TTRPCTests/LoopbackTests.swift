import EchoServices
import TTRPC
import Testing

/// Our client against our server.
@Suite(.timeLimit(.minutes(3)))
struct LoopbackTests {
  private let service = EchoServices.name

  @Test(arguments: [0, 1, 100, 16 << 10, 16 << 10 + 1, 1 << 20, 4 << 20 - 64])
  func `a unary call returns the bytes that were sent`(count: Int) async throws {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let answer = try await client.unary(
        service: service, method: "Echo", payload: Payload(bytes: bytes))
      #expect(answer.bytes == bytes)
      await client.close()
    }
  }

  @Test func `many calls at once each get their own answer`() async throws {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<200 {
          group.addTask {
            let sent = EchoServices.payload("\(index)")
            return try await client.unary(
              service: EchoServices.name, method: "Echo", payload: sent) == sent
          }
        }
        for try await isSame in group { #expect(isSame) }
      }
    }
  }

  @Test func `a status arrives with its code and message`() async throws {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      let error = await #expect(throws: RPCError.self) {
        try await client.unary(
          service: service, method: "Fail", payload: EchoServices.payload("9"))
      }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message == "asked to fail")
      let secret = await #expect(throws: RPCError.self) {
        try await client.unary(service: service, method: "Crash", payload: Payload())
      }
      #expect(secret?.code == .internal)
      #expect(secret?.message == "internal error")
    }
  }

  @Test func `a server stream delivers every message in order`() async throws {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      let call = try await client.stream(
        service: service, method: "Count", kind: .serverStreaming,
        payload: EchoServices.payload("5000"))
      var index = 0
      for try await message in call.responses {
        #expect(EchoServices.text(message) == "\(index)")
        index += 1
      }
      #expect(index == 5000)
    }
  }

  @Test func `a client stream is summed into one response`() async throws {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      let call = try await client.stream(service: service, method: "Sum", kind: .clientStreaming)
      for index in 0..<1000 { try await call.send(EchoServices.payload("\(index)")) }
      try await call.finish()
      #expect(EchoServices.text(try await call.response()) == "499500")
    }
  }

  @Test func `streams of large messages go on without an answer from the other side`()
    async throws
  {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      // Above OutboundFrames.copiedBytesMax, so that each message leaves at once.
      let large = EchoServices.payload(String(repeating: "0", count: 20_000) + "1")
      let upload = try await client.stream(
        service: service, method: "Sum", kind: .clientStreaming)
      for _ in 0..<200 { try await upload.send(large) }
      try await upload.finish()
      #expect(EchoServices.text(try await upload.response()) == "200")
      let download = try await client.stream(
        service: service, method: "Repeat", kind: .serverStreaming, payload: large)
      var count = 0
      for try await message in download.responses {
        #expect(message == large)
        count += 1
      }
      #expect(count == 200)
    }
  }

  @Test func `a bidirectional stream echoes while it is open`() async throws {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      let call = try await client.stream(service: service, method: "Chat", kind: .bidirectional)
      var answers = call.responses.makeAsyncIterator()
      for index in 0..<100 {
        try await call.send(EchoServices.payload("\(index)"))
        #expect(try await answers.next().map(EchoServices.text) == "\(index)")
      }
      try await call.finish()
      #expect(try await answers.next() == nil)
    }
  }

  @Test func `a stream that fails in the middle delivers what came before`() async throws {
    try await withServer { _, path in
      let client = TTRPCClient(socketPath: path)
      let call = try await client.stream(
        service: service, method: "CountThenFail", kind: .serverStreaming,
        payload: EchoServices.payload("x"))
      var answers = call.responses.makeAsyncIterator()
      #expect(try await answers.next().map(EchoServices.text) == "x")
      let error = await #expect(throws: RPCError.self) { try await answers.next() }
      #expect(error?.code == .dataLoss)
    }
  }
}
