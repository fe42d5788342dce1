import EchoServices
import NIOCore
import Testing

@testable import TTRPC

/// What the client sends and makes of the answers, against a server scripted frame by frame.
@Suite(.timeLimit(.minutes(3)))
struct ClientRulesTests {
  private let name = EchoServices.name

  private func withScript(
    firstID: UInt32 = 1, configuration: ClientConfiguration = ClientConfiguration(),
    _ body: (ScriptedServer, TTRPCClient) async throws -> Void
  ) async throws {
    let socket = TemporarySocket()
    let server = try ScriptedServer(path: socket.path)
    let client = TTRPCClient(
      socketPath: socket.path, configuration: configuration, firstID: firstID)
    try await body(server, client)
    await client.close()
  }

  private func echo(
    _ client: TTRPCClient, _ bytes: [UInt8] = [1], _ options: CallOptions = CallOptions()
  ) async throws(RPCError) -> [UInt8] {
    try await client.unary(
      service: name, method: "Echo", payload: Payload(bytes: bytes), options: options
    ).bytes
  }

  private func failure(_ body: () async throws -> Void) async -> RPCError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? RPCError
    }
  }

  @Test func `a unary request is one frame with flags 0`() async throws {
    var configuration = ClientConfiguration()
    configuration.unaryTimeout = nil
    try await withScript(configuration: configuration) { server, client in
      async let answer = echo(client, [9])
      let peer = try await server.accept()
      #expect(try await peer.receive() == .request(1, "Echo", payload: [9]))
      try await peer.send(.success(1, [8]))
      #expect(try await answer == [8])
    }
  }

  @Test func `ids reach the wire strictly increasing whoever calls`() async throws {
    try await withScript { server, client in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<100 { group.addTask { _ = try await echo(client) } }
        let peer = try await server.accept()
        for index in 0..<100 {
          let frame = try await peer.receive()
          #expect(frame.stream == UInt32(2 * index + 1))
          try await peer.send(.success(frame.stream, [1]))
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func `timeout and metadata travel on streams as well`() async throws {
    try await withScript { server, client in
      let options = CallOptions(timeout: .seconds(50), metadata: ["Trace-ID": "t"])
      let call = try await client.stream(
        service: name, method: "Chat", kind: .bidirectional, options: options)
      let peer = try await server.accept()
      let request = try await peer.receive()
      #expect(request.type == 1 && request.flags == 2)
      let envelope = try request.body.withUnsafeBytes { try RequestEnvelope(decoding: $0) }
      #expect(envelope.metadata["trace-id"] == ["t"])
      #expect(1...50_000_000_000 ~= envelope.timeoutNanoseconds)
      #expect(envelope.payload.isEmpty)
      try await call.send(Payload(bytes: []))
      try await call.finish()
      try await call.finish()
      #expect(try await peer.receive() == .data(1, []))
      #expect(try await peer.receive() == .close(1))
      try await peer.send(.close(1))
      var responses = call.responses.makeAsyncIterator()
      #expect(try await responses.next() == nil)
    }
  }

  @Test func `a server stream is opened with its payload and flag 1`() async throws {
    try await withScript { server, client in
      let call = try await client.stream(
        service: name, method: "Count", kind: .serverStreaming, payload: Payload(bytes: [5]))
      let peer = try await server.accept()
      #expect(try await peer.receive() == .request(1, "Count", payload: [5], flags: 1))
      try await peer.send(.data(1, [1]), .data(1, []), .close(1))
      var bytes: [[UInt8]] = []
      for try await message in call.responses { bytes.append(message.bytes) }
      #expect(bytes == [[1], []])
    }
  }

  @Test(arguments: [[], [0x0A, 0], [0x0A, 2, 0x08, 0]] as [[UInt8]])
  func `an absent status, an empty one and code 0 are success`(status: [UInt8]) async throws {
    try await withScript { server, client in
      async let answer = echo(client)
      let peer = try await server.accept()
      _ = try await peer.receive()
      try await peer.send(
        RawFrame(stream: 1, type: 2, body: status + RawFrame.field(2, [4])))
      #expect(try await answer == [4])
    }
  }

  @Test func `an overdue call fails alone and its late answer is dropped`() async throws {
    try await withScript { server, client in
      async let overdue = failure {
        _ = try await client.unary(
          service: name, method: "Wait", payload: Payload(),
          options: CallOptions(timeout: .milliseconds(100)))
      }
      let peer = try await server.accept()
      #expect(await overdue?.code == .deadlineExceeded)
      async let answer = echo(client)
      var frame = try await peer.receive()
      if frame.text.contains("Wait") {
        // On a busy machine the time may be over before the request is out.
        try await peer.send(.success(frame.stream, [66]))
        frame = try await peer.receive()
      }
      try await peer.send(.success(frame.stream, [3]))
      #expect(try await answer == [3])
    }
  }

  @Test func `cancelling the task drops a unary call and keeps the connection`() async throws {
    try await withScript { server, client in
      try await withThrowingTaskGroup(of: RPCError?.self) { group in
        group.addTask { await failure { _ = try await echo(client) } }
        let peer = try await server.accept()
        _ = try await peer.receive()
        group.cancelAll()
        #expect(try await group.next()??.code == .cancelled)
        async let answer = echo(client)
        #expect(try await peer.receive().stream == 3)
        try await peer.send(.success(3, [3]))
        #expect(try await answer == [3])
      }
    }
  }

  @Test func `cancelling a stream closes its connection and no other`() async throws {
    try await withScript { server, client in
      async let first = echo(client)
      let peer = try await server.accept()
      _ = try await peer.receive()
      try await peer.send(.success(1, [1]))
      #expect(try await first == [1])
      let call = try await client.stream(service: name, method: "Chat", kind: .bidirectional)
      let streamPeer = try await server.accept()
      #expect(try await streamPeer.receive().stream == 1)
      call.cancel()
      #expect(try await streamPeer.isAtEnd())
      async let second = echo(client)
      #expect(try await peer.receive().stream == 3)
      try await peer.send(.success(3, [3]))
      #expect(try await second == [3])
    }
  }

  @Test func `a stream that ended leaves its connection to the next one`() async throws {
    try await withScript { server, client in
      let first = try await client.stream(
        service: name, method: "Count", kind: .serverStreaming, payload: Payload(bytes: [1]))
      let peer = try await server.accept()
      _ = try await peer.receive()
      try await peer.send(.close(1))
      for try await _ in first.responses {}
      let second = try await client.stream(
        service: name, method: "Count", kind: .serverStreaming, payload: Payload(bytes: [1]))
      #expect(try await peer.receive().stream == 3)
      try await peer.send(.failure(3, code: 5))
      let error = await failure { _ = try await second.response() }
      #expect(error?.code == .notFound)
    }
  }

  @Test func `an oversized request is refused here and nothing is sent`() async throws {
    try await withScript { server, client in
      let error = await failure {
        _ = try await echo(client, [UInt8](repeating: 0, count: 4 << 20))
      }
      #expect(error?.code == .resourceExhausted)
      async let answer = echo(client)
      let peer = try await server.accept()
      #expect(try await peer.receive().body.count < 100)
      try await peer.send(.success(1, [1]))
      #expect(try await answer == [1])
    }
  }

  @Test func `an oversized answer fails its call and the connection lives`() async throws {
    try await withScript { server, client in
      async let failed = failure { _ = try await echo(client) }
      let peer = try await server.accept()
      _ = try await peer.receive()
      try await peer.send(
        RawFrame.header(length: 4 << 20 + 1, stream: 1, type: 2)
          + [UInt8](repeating: 0, count: 4 << 20 + 1))
      #expect(await failed?.code == .resourceExhausted)
      async let answer = echo(client)
      _ = try await peer.receive()
      try await peer.send(.success(3, [3]))
      #expect(try await answer == [3])
    }
  }

  @Test func `frames that make no sense fail their call or are ignored`() async throws {
    try await withScript { server, client in
      async let first = failure { _ = try await echo(client) }
      let peer = try await server.accept()
      _ = try await peer.receive()
      try await peer.send(
        RawFrame(stream: 1, type: 77, body: [1]), .success(999, [1]), .data(555, [1]),
        RawFrame(stream: 1, type: 2, body: [0x0A, 9]))
      #expect(await first?.code == .internal)
      async let second = failure { _ = try await echo(client) }
      _ = try await peer.receive()
      try await peer.send(.data(3, [1]))
      #expect(await second?.code == .internal, "data on a unary call")
    }
  }

  @Test func `when ids run out a new connection is made`() async throws {
    try await withScript(firstID: .max) { server, client in
      async let first = echo(client)
      let peer = try await server.accept()
      #expect(try await peer.receive().stream == .max)
      try await peer.send(.success(.max, [1]))
      #expect(try await first == [1])
      async let second = echo(client)
      let next = try await server.accept()
      #expect(try await next.receive().stream == 1)
      try await next.send(.success(1, [2]))
      #expect(try await second == [2])
    }
  }

  @Test func `closing the client fails what is under way`() async throws {
    try await withScript { server, client in
      async let failed = failure { _ = try await echo(client) }
      let peer = try await server.accept()
      _ = try await peer.receive()
      await client.close()
      #expect(await failed?.code == .cancelled)
      #expect(try await peer.isAtEnd())
      let later = await failure { _ = try await echo(client) }
      #expect(later?.code == .cancelled)
    }
  }

  @Test func `a server that does not read is given up at the deadline`() async throws {
    try await withScript { server, client in
      async let first = echo(client)
      let peer = try await server.accept()
      _ = try await peer.receive()
      try await peer.send(.success(1, [1]))
      #expect(try await first == [1])
      let large = [UInt8](repeating: 1, count: 3 << 20)
      async let failed = failure {
        _ = try await echo(client, large, CallOptions(timeout: .milliseconds(500)))
      }
      _ = try await peer.read(10)
      #expect(await failed?.code == .deadlineExceeded)
      async let answer = echo(client)
      let next = try await server.accept()
      #expect(try await next.receive().stream == 1)
      try await next.send(.success(1, [7]))
      #expect(try await answer == [7])
    }
  }
}
