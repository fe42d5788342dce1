import EchoServices
import TTRPC
import Testing

/// How a server stops.
@Suite(.timeLimit(.minutes(3)))
struct DrainTests {
  /// A service whose only call ends when the gate opens.
  private struct Gated {
    let services: [RPCService]
    let open: AsyncStream<Void>.Continuation

    init() {
      let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
      open = continuation
      services = [
        RPCService(
          name: EchoServices.name,
          methods: [
            RPCMethod(
              name: "Gate",
              handler: .unary { request, _ in
                for await _ in stream {}
                return request
              }),
            RPCMethod(name: "Echo", handler: .unary { request, _ in request }),
          ])
      ]
    }
  }

  @Test func `a call that was read is answered and later ones get UNAVAILABLE`() async throws {
    let gated = Gated()
    try await withServer(services: gated.services) { server, path in
      let peer = try RawPeer(connectingTo: path)
      // The refusal of an even id shows that the call before it was read.
      let read = try await peer.exchange(.request(1, "Gate", payload: [1]), .request(2, "Echo"))
      #expect(read.code == 3)
      server.beginGracefulShutdown(deadline: .seconds(30))
      var late = try await peer.exchange(.request(3, "Echo", payload: [1]))
      while late.code == 0 { late = try await peer.exchange(.request(3, "Echo", payload: [1])) }
      #expect(late.code == 14)
      gated.open.finish()
      #expect(try await peer.receive() == .success(1, [1]))
      #expect(try await peer.isAtEnd())
    }
  }

  @Test func `an idle connection is closed by the drain`() async throws {
    try await withServer { server, path in
      let peer = try RawPeer(connectingTo: path)
      #expect(
        try await peer.exchange(.request(1, "Echo", payload: [1])) == .success(1, [1]))
      server.beginGracefulShutdown(deadline: .seconds(30))
      #expect(try await peer.isAtEnd())
    }
  }

  @Test func `calls that outlast the drain are answered UNAVAILABLE`() async throws {
    try await withServer { server, path in
      let peer = try RawPeer(connectingTo: path)
      #expect(try await peer.exchange(.request(1, "Wait"), .request(2, "Echo")).code == 3)
      server.beginGracefulShutdown(deadline: .milliseconds(50))
      let answer = try await peer.receive()
      #expect(answer.stream == 1 && answer.code == 14)
      #expect(try await peer.isAtEnd())
    }
  }

  @Test func `nobody can connect after the start of the drain`() async throws {
    let gated = Gated()
    try await withServer(services: gated.services) { server, path in
      let peer = try RawPeer(connectingTo: path)
      #expect(try await peer.exchange(.request(1, "Gate"), .request(2, "Echo")).code == 3)
      server.beginGracefulShutdown(deadline: .seconds(30))
      var isRefused = false
      while !isRefused {
        do {
          let other = try RawPeer(connectingTo: path)
          _ = try await other.isAtEnd()
        } catch {
          isRefused = true
        }
      }
      gated.open.finish()
      #expect(try await peer.receive() == .success(1, []))
    }
  }

  @Test func `cancelling the task that runs the server stops it`() async throws {
    let socket = TemporarySocket()
    let path = socket.path
    let server = TTRPCServer(configuration: ServerConfiguration(), services: EchoServices.all)
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run(listening: [.path(path)]) { start.finish() } }
      for await _ in started {}
      let peer = try RawPeer(connectingTo: path)
      #expect(try await peer.exchange(.request(1, "Wait"), .request(2, "Echo")).code == 3)
      group.cancelAll()
      #expect(try await peer.receive().code == 14)
      try await group.waitForAll()
    }
  }

  @Test func `a shutdown before the start makes the start return`() async throws {
    let socket = TemporarySocket()
    let server = TTRPCServer(configuration: ServerConfiguration(), services: EchoServices.all)
    server.beginGracefulShutdown(deadline: .zero)
    try await server.run(listening: [.path(socket.path)])
  }
}
