import EchoServices
import TTRPC
import Testing

/// Our client against containerd's server, unchanged.
@Suite(.timeLimit(.minutes(5)), .enabled(if: GoPrograms.isAvailable, GoPrograms.hint))
struct GoServerTests {
  private func withGoServer(
    _ body: (TTRPCClient, GoServer, String) async throws -> Void
  ) async throws {
    let socket = TemporarySocket()
    let server = try GoPrograms.serve(socket.path)
    let client = TTRPCClient(socketPath: socket.path)
    try await body(client, server, socket.path)
    await client.close()
    server.stop()
  }

  private func call(
    _ client: TTRPCClient, _ method: String, _ payload: Payload, timeout: Duration? = nil,
    isIdempotent: Bool = false
  ) async throws(RPCError) -> Payload {
    try await client.unary(
      service: EchoServices.name, method: method, payload: payload,
      options: CallOptions(
        timeout: timeout, metadata: ["Trace-ID": "t1"], isIdempotent: isIdempotent))
  }

  @Test(arguments: [0, 1, 5000, 1 << 20, 4 << 20 - 100])
  func `bytes come back`(count: Int) async throws {
    try await withGoServer { client, _, _ in
      let sent = Payload(bytes: [UInt8](repeating: 5, count: count))
      let answer = try await call(client, "Echo", sent)
      #expect(answer == sent)
    }
  }

  @Test(arguments: [1, 3, 5, 9, 13, 16] as [Int32])
  func `every status arrives`(code: Int32) async throws {
    try await withGoServer { client, _, _ in
      let error = await #expect(throws: RPCError.self) {
        try await call(client, "Fail", EchoServices.payload("\(code)"))
      }
      #expect(error?.code.rawValue == code)
      #expect(error?.message == "asked to fail")
    }
  }

  @Test func `an unknown method is code 12`() async throws {
    try await withGoServer { client, _, _ in
      let error = await #expect(throws: RPCError.self) {
        try await call(client, "Absent", Payload())
      }
      #expect(error?.code == .unimplemented)
    }
  }

  @Test func `metadata is found by its lower-case key`() async throws {
    try await withGoServer { client, _, _ in
      let answer = try await call(client, "Metadata", EchoServices.payload("trace-id"))
      #expect(EchoServices.text(answer) == "t1")
    }
  }

  @Test func `an oversized answer fails its call and the connection lives`() async throws {
    try await withGoServer { client, _, _ in
      let error = await #expect(throws: RPCError.self) {
        try await call(client, "Grow", EchoServices.payload("5000000"))
      }
      #expect(error?.code == .resourceExhausted)
      let answer = try await call(client, "Echo", EchoServices.payload("on"))
      #expect(EchoServices.text(answer) == "on")
    }
  }

  @Test func `a deadline ends the call on both sides`() async throws {
    try await withGoServer { client, _, _ in
      let error = await #expect(throws: RPCError.self) {
        try await call(client, "Wait", Payload(), timeout: .milliseconds(100))
      }
      #expect(error?.code == .deadlineExceeded)
    }
  }

  @Test func `sixteen callers at once each get their own answers`() async throws {
    try await withGoServer { client, _, _ in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for caller in 0..<16 {
          group.addTask {
            for index in 0..<100 {
              let sent = EchoServices.payload("\(caller)/\(index)")
              if try await call(client, "Echo", sent) != sent { return false }
            }
            return true
          }
        }
        for try await isSame in group { #expect(isSame) }
      }
    }
  }

  @Test func `a server that dies is UNAVAILABLE and the next one is found`() async throws {
    try await withGoServer { client, server, path in
      let error = await #expect(throws: RPCError.self) {
        try await call(client, "Exit", Payload())
      }
      #expect(error?.code == .unavailable)
      server.stop()
      TemporarySocket.removeFile(path)
      let next = try GoPrograms.serve(path)
      let answer = try await call(client, "Echo", EchoServices.payload("x"), isIdempotent: true)
      #expect(EchoServices.text(answer) == "x")
      next.stop()
    }
  }
}
