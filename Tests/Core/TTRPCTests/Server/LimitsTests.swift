import EchoServices
import TTRPC
import Testing

/// Both sides of every limit of the server, over a real socket.
@Suite(.timeLimit(.minutes(3)))
struct LimitsTests {
  private func withPeer(
    limits: ServerLimits = ServerLimits(), configuration: ServerConfiguration? = nil,
    _ body: (RawPeer, String) async throws -> Void
  ) async throws {
    try await withServer(limits: limits, configuration: configuration) { _, path in
      try await body(try RawPeer(connectingTo: path), path)
    }
  }

  /// A request whose body has exactly `count` bytes.
  private func request(_ stream: UInt32, bodyBytes count: Int) -> RawFrame {
    var frame = RawFrame.request(stream, "Echo", payload: [UInt8](repeating: 3, count: count - 20))
    frame = .request(
      stream, "Echo",
      payload: [UInt8](repeating: 3, count: count - 20 - (frame.body.count - count)))
    precondition(frame.body.count == count)
    return frame
  }

  @Test func `a request of exactly 4 MiB is served`() async throws {
    try await withPeer { peer, _ in
      let frame = request(1, bodyBytes: 4 << 20)
      async let sent: Void = peer.send(frame)
      let answer = try await peer.receive()
      try await sent
      #expect(answer.code == 0 && answer.body.count > 4_194_000)
    }
  }

  @Test func `a larger request is thrown away, answered 8, and the connection lives`() async throws
  {
    try await withPeer { peer, _ in
      let header = RawFrame.header(length: 4 << 20 + 1, stream: 1, type: 1)
      async let sent: Void = peer.send(header + [UInt8](repeating: 0, count: 4 << 20 + 1))
      let answer = try await peer.receive()
      try await sent
      #expect(answer.stream == 1 && answer.code == 8)
      #expect(answer.text.contains("4194305") && answer.text.contains("4194304"))
      #expect(
        try await peer.exchange(.request(3, "Echo", payload: [1])) == .success(3, [1]))
    }
  }

  @Test func `a request too large to throw away is answered 8 and the connection closed`()
    async throws
  {
    try await withPeer { peer, _ in
      let answer = try await peer.exchange(RawFrame(stream: 1, type: 1))
      #expect(answer.code == 12)
      try await peer.send(RawFrame.header(length: .max, stream: 3, type: 1))
      let refusal = try await peer.receive()
      #expect(refusal.stream == 3 && refusal.code == 8)
      #expect(try await peer.isAtEnd())
    }
  }

  @Test func `an oversized message fails its stream and no other`() async throws {
    try await withPeer { peer, _ in
      let header = RawFrame.header(length: 4 << 20 + 1, stream: 1, type: 3)
      try await peer.send(.request(1, "Deaf", flags: 2))
      async let sent: Void = peer.send(header + [UInt8](repeating: 0, count: 4 << 20 + 1))
      let answer = try await peer.receive()
      try await sent
      #expect(answer.stream == 1 && answer.code == 8)
      #expect(
        try await peer.exchange(.request(3, "Echo", payload: [1])) == .success(3, [1]))
    }
  }

  @Test func `a reply over 4 MiB becomes code 8 for that call alone`() async throws {
    try await withPeer { peer, _ in
      // The envelope takes five bytes: the tag and a length of four.
      let most = try await peer.exchange(.request(1, "Grow", payload: Array("4194299".utf8)))
      #expect(most.code == 0 && most.body.count == 4 << 20)
      let answer = try await peer.exchange(.request(3, "Grow", payload: Array("4194300".utf8)))
      #expect(answer.code == 8 && answer.text.contains("4194305"))
      #expect(
        try await peer.exchange(.request(5, "Echo", payload: [1])) == .success(5, [1]))
    }
  }

  @Test func `calls beyond the limit of a connection are answered 8`() async throws {
    var limits = ServerLimits()
    limits.connectionCallCountMax = 2
    try await withPeer(limits: limits) { peer, path in
      let answer = try await peer.exchange(
        .request(1, "Wait"), .request(3, "Wait"), .request(5, "Echo"))
      #expect(answer.stream == 5 && answer.code == 8)
      let other = try RawPeer(connectingTo: path)
      #expect(
        try await other.exchange(.request(1, "Echo", payload: [1])) == .success(1, [1]))
    }
  }

  @Test func `calls beyond the limit of the server are answered 8`() async throws {
    var limits = ServerLimits()
    limits.callCountMax = 1
    try await withPeer(limits: limits) { peer, path in
      // The answer to the second request shows that the first one was read.
      let first = try await peer.exchange(.request(1, "Wait"), .request(2, "Echo"))
      #expect(first.code == 3)
      let other = try RawPeer(connectingTo: path)
      #expect(try await other.exchange(.request(1, "Echo")).code == 8)
    }
  }

  @Test func `a connection beyond the limit is closed at once`() async throws {
    var limits = ServerLimits()
    limits.connectionCountMax = 1
    try await withPeer(limits: limits) { peer, path in
      #expect(
        try await peer.exchange(.request(1, "Echo", payload: [1])) == .success(1, [1]))
      let other = try RawPeer(connectingTo: path)
      #expect(try await other.isAtEnd())
    }
  }

  @Test func `a peer that reads nothing is given up and others are served meanwhile`() async throws
  {
    var limits = ServerLimits()
    limits.outboundBytesHigh = 64 << 10
    limits.unreadTimeout = .milliseconds(200)
    let observer = RecordingObserver()
    var configuration = ServerConfiguration()
    configuration.observer = observer
    try await withPeer(limits: limits, configuration: configuration) { peer, path in
      try await peer.send(.request(1, "Count", payload: Array("100000000".utf8), flags: 1))
      let other = try RawPeer(connectingTo: path)
      for stream in stride(from: UInt32(1), to: 41, by: 2) {
        #expect(
          try await other.exchange(.request(stream, "Echo", payload: [1])) == .success(stream, [1]))
      }
      var closings = observer.closings.makeAsyncIterator()
      let reason = await closings.next()
      #expect(reason?.contains("read nothing for 0.2 seconds") == true)
      // What the kernel held is still there; then the connection is at its end.
      #expect(try await peer.readToEnd() < 2_000_000)
    }
  }

  @Test func `replies that nobody reads are replaced when too many bytes wait`() async throws {
    var limits = ServerLimits()
    limits.outboundBytesHigh = 1 << 20
    limits.outboundBytesMax = 4 << 20
    try await withPeer(limits: limits) { peer, _ in
      var requests: [UInt8] = []
      for index in 0..<12 {
        requests +=
          RawFrame.request(
            UInt32(2 * index + 1), "Grow", payload: Array("1000000".utf8)
          ).bytes
      }
      try await peer.send(requests)
      var codes: [UInt64] = []
      for _ in 0..<12 { codes.append(try await peer.receive().code ?? 99) }
      #expect(codes.filter { $0 == 0 }.count >= 3)
      #expect(codes.allSatisfy { $0 == 0 || $0 == 8 })
    }
  }

  @Test func `a method that the peer may not call is refused with the thrown status`() async throws
  {
    var configuration = ServerConfiguration()
    configuration.authorize = { peer, _, method in
      if method == "Echo" {
        throw RPCError(code: .permissionDenied, message: "user \(peer?.userID ?? 0) may not")
      }
    }
    try await withPeer(configuration: configuration) { peer, _ in
      let answer = try await peer.exchange(.request(1, "Echo"))
      #expect(answer.code == 7 && answer.text.contains("may not"))
      #expect(try await peer.exchange(.request(3, "Peer")).code == 0)
    }
  }
}
