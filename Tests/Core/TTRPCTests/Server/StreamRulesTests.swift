import EchoServices
import TTRPC
import Testing

/// What the server does with streams, frame by frame over a real socket.
@Suite(.timeLimit(.minutes(3)))
struct StreamRulesTests {
  private func withPeer(
    limits: ServerLimits = ServerLimits(), _ body: (RawPeer) async throws -> Void
  ) async throws {
    try await withServer(limits: limits) { _, path in
      try await body(try RawPeer(connectingTo: path))
    }
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test(arguments: [0, 1, 2, 6] as [UInt8])
  func `a server stream is data frames and a closing frame without data`(
    flags: UInt8
  ) async throws {
    try await withPeer { peer in
      try await peer.send(.request(1, "Count", payload: bytes("2"), flags: flags))
      #expect(try await peer.receive() == .data(1, bytes("0")))
      #expect(try await peer.receive() == .data(1, bytes("1")))
      #expect(try await peer.receive() == .close(1))
    }
  }

  @Test(arguments: [0, 2, 6] as [UInt8])
  func `a client stream opened in any way gets one response`(flags: UInt8) async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(
        .request(1, "Sum", flags: flags), .data(1, bytes("4")), .data(1, bytes("5")), .close(1))
      #expect(answer == .success(1, bytes("9")))
    }
  }

  @Test func `a payload beside the request is the first message of a client stream`() async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(
        .request(1, "Sum", payload: bytes("4"), flags: 2), .data(1, bytes("5")), .close(1))
      #expect(answer == .success(1, bytes("9")))
      let closed = try await peer.exchange(
        .request(3, "Sum", payload: bytes("4"), flags: 1))
      #expect(closed == .success(3, bytes("4")))
      let ignored = try await peer.exchange(
        .request(5, "Sum", payload: bytes("4"), flags: 6), .close(5))
      #expect(ignored == .success(5, bytes("0")))
    }
  }

  @Test func `a client stream that is closed at once has no messages`() async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(.request(1, "Sum", flags: 1))
      #expect(answer == .success(1, bytes("0")))
    }
  }

  @Test func `an empty data frame is a message and one marked as no data is not`() async throws {
    try await withPeer { peer in
      try await peer.send(
        .request(1, "Chat", flags: 2), .data(1, []), .data(1, [9], flags: 4), .data(1, [8]),
        .close(1))
      #expect(try await peer.receive() == .data(1, []))
      #expect(try await peer.receive() == .data(1, [8]))
      #expect(try await peer.receive() == .close(1))
    }
  }

  @Test func `data in the closing frame is taken and never sent`() async throws {
    try await withPeer { peer in
      try await peer.send(.request(1, "Chat", flags: 2), .data(1, [7], flags: 1))
      #expect(try await peer.receive() == .data(1, [7]))
      #expect(try await peer.receive() == .close(1))
    }
  }

  @Test func `a failure in the middle of a stream is a response with the status`() async throws {
    try await withPeer { peer in
      try await peer.send(.request(1, "CountThenFail", payload: [1], flags: 1))
      #expect(try await peer.receive() == .data(1, [1]))
      let end = try await peer.receive()
      #expect(end.type == 2 && end.code == 15)
    }
  }

  @Test func `data after the end of the requests fails that stream alone`() async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(
        .request(1, "Deaf", flags: 2), .close(1), .data(1, [1]))
      #expect(answer.stream == 1 && answer.code == 3)
      #expect(
        try await peer.exchange(.request(3, "Echo", payload: [1])) == .success(3, [1]))
    }
  }

  @Test func `a stream that overruns its deadline is answered 4`() async throws {
    try await withPeer { peer in
      let extra = RawFrame.integer(4, 20_000_000)
      let answer = try await peer.exchange(.request(1, "Deaf", flags: 2, extra: extra))
      #expect(answer.stream == 1 && answer.code == 4)
    }
  }

  @Test func `frames that follow the end of a failed stream are dropped`() async throws {
    try await withPeer { peer in
      let extra = RawFrame.integer(4, 1_000_000)
      let answer = try await peer.exchange(.request(1, "Deaf", flags: 2, extra: extra))
      #expect(answer.code == 4)
      let next = try await peer.exchange(
        .data(1, [1]), .close(1), .request(3, "Echo", payload: [1]))
      #expect(next == .success(3, [1]))
    }
  }

  @Test func `a stream that nobody reads fails at once beside other calls`() async throws {
    var limits = ServerLimits()
    limits.streamMessageCountMax = 8
    try await withPeer(limits: limits) { peer in
      try await peer.send(.request(1, "Wait"), .request(3, "Deaf", flags: 2))
      for _ in 0..<9 { try await peer.send(.data(3, [1])) }
      let answer = try await peer.receive()
      #expect(answer.stream == 3 && answer.code == 8)
      #expect(
        try await peer.exchange(.request(5, "Echo", payload: [1])) == .success(5, [1]))
    }
  }

  @Test func `a stream that is alone on its connection is slowed down and not failed`() async throws
  {
    var limits = ServerLimits()
    limits.streamMessageCountMax = 8
    try await withPeer(limits: limits) { peer in
      try await peer.send(.request(1, "Sum", flags: 2))
      try await peer.send((0..<20_000).flatMap { _ in RawFrame.data(1, bytes("1")).bytes })
      #expect(try await peer.exchange(.close(1)) == .success(1, bytes("20000")))
    }
  }

  @Test func `a client that goes away stops its handlers`() async throws {
    let (ended, end) = AsyncStream.makeStream(of: Void.self)
    let method = RPCMethod(
      name: "Wait",
      handler: .unary { _, _ in
        defer { end.finish() }
        return try await EchoServices.waitForCancellation()
      })
    try await withServer(services: [RPCService(name: "test.Echo", methods: [method])]) { _, path in
      let peer = try RawPeer(connectingTo: path)
      try await peer.send(.request(1, "Wait"))
      peer.shutDownWriting()
      for await _ in ended {}
      #expect(try await peer.isAtEnd(), "a half-close counts as a close and nothing is written")
    }
  }

  @Test func `a frame cut off by the end of the connection leaves nothing behind`() async throws {
    try await withServer { _, path in
      let peer = try RawPeer(connectingTo: path)
      try await peer.send(Array(RawFrame.request(1, "Echo", payload: [1]).bytes.dropLast(3)))
      peer.shutDownWriting()
      #expect(try await peer.isAtEnd())
    }
  }
}
