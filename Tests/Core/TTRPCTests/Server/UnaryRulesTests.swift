import EchoServices
import TTRPC
import Testing

/// What the server does with unary requests, frame by frame over a real socket.
@Suite(.timeLimit(.minutes(3)))
struct UnaryRulesTests {
  private func withPeer(
    limits: ServerLimits = ServerLimits(), _ body: (RawPeer) async throws -> Void
  ) async throws {
    try await withServer(limits: limits) { _, path in
      try await body(try RawPeer(connectingTo: path))
    }
  }

  /// The connection still answers.
  private func expectAlive(_ peer: RawPeer, stream: UInt32 = 9001) async throws {
    let answer = try await peer.exchange(.request(stream, "Echo", payload: [42]))
    #expect(answer == .success(stream, [42]))
  }

  @Test func `the example bytes of the protocol are answered byte for byte`() async throws {
    try await withPeer { peer in
      try await peer.send(
        [0, 0, 0, 0x1C, 0, 0, 0, 1, 1, 0]
          + [0x0A, 9] + Array("test.Echo".utf8) + [0x12, 4] + Array("Echo".utf8)
          + [0x1A, 9] + Array("123456789".utf8))
      #expect(
        try await peer.read(21)
          == [0, 0, 0, 11, 0, 0, 0, 1, 2, 0, 0x12, 9] + Array("123456789".utf8))
    }
  }

  @Test func `an empty reply is a frame of length 0 without a status`() async throws {
    try await withPeer { peer in
      try await peer.send(.request(1, "Echo"))
      #expect(try await peer.read(10) == [0, 0, 0, 0, 0, 0, 0, 1, 2, 0])
    }
  }

  @Test func `odd ids are taken in any order and used again`() async throws {
    try await withPeer { peer in
      for stream in [7, 3, 0xFFFF_FFFF, 3, 1] as [UInt32] {
        let answer = try await peer.exchange(.request(stream, "Echo", payload: [1]))
        #expect(answer == .success(stream, [1]))
      }
    }
  }

  @Test(arguments: [0, 2, 4096] as [UInt32])
  func `an even id is refused and the connection lives`(stream: UInt32) async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(.request(stream, "Echo"))
      #expect(answer.stream == stream && answer.code == 3)
      try await expectAlive(peer)
    }
  }

  @Test func `an id in use is refused`() async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(.request(1, "Wait"), .request(1, "Echo"))
      #expect(answer.stream == 1 && answer.code == 3)
      try await expectAlive(peer)
    }
  }

  @Test func `answers come in the order of completion`() async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(
        .request(1, "Wait"), .request(3, "Echo", payload: [1]))
      #expect(answer == .success(3, [1]))
    }
  }

  @Test(arguments: [0xF0, 0x01, 0x02, 0x06, 0xFF] as [UInt8])
  func `the flags of a unary request are ignored`(flags: UInt8) async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(.request(1, "Echo", payload: [5], flags: flags))
      #expect(answer == .success(1, [5]))
    }
  }

  @Test(arguments: [0, 2, 4, 5, 255] as [UInt8])
  func `frames of other types are read and ignored`(type: UInt8) async throws {
    try await withPeer { peer in
      try await peer.send(RawFrame(stream: 1, type: type, flags: 7, body: [1, 2, 3]))
      try await expectAlive(peer, stream: 1)
    }
  }

  @Test func `an unknown service and an unknown method are named with code 12`() async throws {
    try await withPeer { peer in
      let service = try await peer.exchange(.request(1, "Echo", service: "no.Such"))
      #expect(service.code == 12 && service.text.contains("no.Such"))
      let method = try await peer.exchange(.request(3, "Absent"))
      #expect(method.code == 12 && method.text.contains("Absent"))
      let none = try await peer.exchange(RawFrame(stream: 5, type: 1))
      #expect(none.code == 12)
      try await expectAlive(peer)
    }
  }

  @Test(
    arguments: [
      [0x0A], [0x0A, 200, 1], [0x08, 1], [0x0B], [0xFF], [0x0A, 1, 0xFF, 0x12, 1, 0x41],
      [0x12, 2, 0xC3, 0x28],
    ] as [[UInt8]])
  func `a broken envelope is answered 3 and the connection lives`(body: [UInt8]) async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(RawFrame(stream: 1, type: 1, body: body))
      #expect(answer.stream == 1 && answer.code == 3)
      try await expectAlive(peer)
    }
  }

  @Test func `a negative timeout is answered 4 at once`() async throws {
    try await withPeer { peer in
      let extra = RawFrame.integer(4, UInt64(bitPattern: -1))
      let answer = try await peer.exchange(.request(1, "Wait", extra: extra))
      #expect(answer.code == 4)
      try await expectAlive(peer)
    }
  }

  @Test func `a handler that overruns its deadline is answered 4 and cancelled`() async throws {
    // One call at a time shows that the handler has returned when the next call runs.
    var limits = ServerLimits()
    limits.connectionCallCountMax = 1
    try await withPeer(limits: limits) { peer in
      let extra = RawFrame.integer(4, 20_000_000)
      let answer = try await peer.exchange(.request(1, "Wait", extra: extra))
      #expect(answer.code == 4)
      var next = try await peer.exchange(.request(3, "Echo", payload: [1]))
      while next.code == 8 { next = try await peer.exchange(.request(3, "Echo", payload: [1])) }
      #expect(next == .success(3, [1]))
    }
  }

  @Test func `the server's own bound ends a call that asks for no deadline`() async throws {
    var limits = ServerLimits()
    limits.callDurationMax = .milliseconds(20)
    try await withPeer(limits: limits) { peer in
      let answer = try await peer.exchange(.request(1, "Wait"))
      #expect(answer.code == 4)
    }
  }

  @Test func `the largest timeout does not overflow`() async throws {
    try await withPeer { peer in
      let extra = RawFrame.integer(4, UInt64(Int64.max))
      let answer = try await peer.exchange(.request(1, "Echo", payload: [1], extra: extra))
      #expect(answer == .success(1, [1]))
    }
  }

  @Test func `data on a running unary call is answered 3 and the connection lives`() async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(.request(1, "Wait"), .data(1, [1]))
      #expect(answer.stream == 1 && answer.code == 3)
      try await expectAlive(peer)
    }
  }

  @Test func `data for a stream that is not there is answered 3`() async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(.data(77, [1, 2]))
      #expect(answer.stream == 77 && answer.code == 3)
      try await expectAlive(peer)
    }
  }

  @Test func `bytes may come one at a time`() async throws {
    try await withPeer { peer in
      for byte in RawFrame.request(1, "Echo", payload: [1, 2]).bytes { try await peer.send([byte]) }
      #expect(try await peer.receive() == .success(1, [1, 2]))
    }
  }

  @Test func `upper-case metadata keys are found in lower case`() async throws {
    try await withPeer { peer in
      let pair = RawFrame.field(1, "Trace-ID") + RawFrame.field(2, "abc")
      let answer = try await peer.exchange(
        .request(1, "Trace", extra: RawFrame.field(5, pair)))
      #expect(answer == .success(1, Array("abc".utf8)))
      let made = try await peer.exchange(.request(3, "Trace"))
      #expect(made.body.count == 34, "a trace id of 32 digits is made where none is sent")
    }
  }

  @Test func `the peer's process and user are known`() async throws {
    try await withPeer { peer in
      let answer = try await peer.exchange(.request(1, "Peer"))
      #expect(answer == .success(1, Array(ownIdentity.utf8)))
    }
  }
}
