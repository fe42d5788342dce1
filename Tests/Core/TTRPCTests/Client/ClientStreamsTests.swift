import Testing

@testable import TTRPC

/// The client's stream state machine: each rule once, then random events against a plain model.
struct ClientStreamsTests {
  private typealias Streams = ClientStreams<Int>

  private func make(messages: Int = 3, bytes: Int = 100, firstID: UInt32 = 1) -> Streams {
    Streams(messageCountMax: messages, messageBytesMax: bytes, firstID: firstID)
  }

  private func name(_ action: Streams.Action) -> String {
    switch action {
    case .ignore: "ignore"
    case .deliver(let call, let ends): "deliver \(call) \(ends)"
    case .end(let call): "end \(call)"
    case .fail(let call, let error): "fail \(call) \(error.code)"
    }
  }

  @Test func `ids are odd and increase until there are none left`() {
    var streams = make(firstID: .max - 4)
    #expect(streams.open(.unary, call: 1) == UInt32.max - 4)
    #expect(streams.open(.unary, call: 2) == UInt32.max - 2)
    #expect(streams.canOpen)
    #expect(streams.open(.unary, call: 3) == UInt32.max)
    #expect(!streams.canOpen)
    #expect(name(streams.receiveResponse(.max, status: nil, payloadBytes: 1)) == "deliver 3 true")
  }

  @Test func `a late answer to a call that was given up is ignored`() {
    var streams = make()
    let id = streams.open(.unary, call: 1)
    #expect(streams.abandon(id) == 1)
    #expect(name(streams.receiveResponse(id, status: nil, payloadBytes: 1)) == "ignore")
    #expect(streams.abandon(id) == nil)
  }

  @Test func `a server stream ends with a closing frame, a status or an empty success`() {
    var streams = make()
    let first = streams.open(.serverStreaming, call: 1)
    #expect(name(streams.receiveData(first, flags: [], bodyBytes: 0)) == "deliver 1 false")
    #expect(
      name(streams.receiveData(first, flags: [.remoteClosed, .noData], bodyBytes: 0)) == "end 1")
    let second = streams.open(.serverStreaming, call: 2)
    let error = RPCError(code: .notFound, message: "")
    #expect(
      name(streams.receiveResponse(second, status: error, payloadBytes: 0)) == "fail 2 NOT_FOUND")
    let third = streams.open(.bidirectional, call: 3)
    #expect(name(streams.receiveResponse(third, status: nil, payloadBytes: 0)) == "end 3")
  }

  @Test func `data on a unary call fails it`() {
    var streams = make()
    let id = streams.open(.unary, call: 1)
    #expect(name(streams.receiveData(id, flags: [], bodyBytes: 1)) == "fail 1 INTERNAL")
  }

  @Test func `requests can be sent until they are closed, and are closed once`() {
    var streams = make()
    let id = streams.open(.clientStreaming, call: 1)
    #expect(streams.canSend(id))
    #expect(streams.closeRequests(id) == true)
    #expect(!streams.canSend(id))
    #expect(streams.closeRequests(id) == false)
    let unary = streams.open(.unary, call: 2)
    #expect(!streams.canSend(unary))
    #expect(streams.closeRequests(unary) == false, "a unary call never sends data")
  }

  @Test func `a full stream pauses reading alone and fails beside others`() {
    var streams = make(messages: 2)
    let id = streams.open(.serverStreaming, call: 1)
    _ = streams.receiveData(id, flags: [], bodyBytes: 1)
    _ = streams.receiveData(id, flags: [], bodyBytes: 1)
    #expect(streams.isReadingPaused)
    streams.taken(id, bytes: 1)
    #expect(!streams.isReadingPaused)
    _ = streams.open(.unary, call: 2)
    _ = streams.receiveData(id, flags: [], bodyBytes: 1)
    #expect(name(streams.receiveData(id, flags: [], bodyBytes: 1)) == "fail 1 RESOURCE_EXHAUSTED")
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `random events end each call exactly once`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var streams = make()
    var ends: [Int: Int] = [:]
    var waiting: [UInt32: [Int]] = [:]
    var callCount = 0
    func note(_ action: Streams.Action, _ id: UInt32, bytes: Int) {
      switch action {
      case .ignore: break
      case .deliver(let call, let isLast):
        #expect(ends[call] == nil, "seed \(seed)")
        if isLast { ends[call, default: 0] += 1 } else { waiting[id, default: []].append(bytes) }
      case .end(let call), .fail(let call, _): ends[call, default: 0] += 1
      }
    }
    for _ in 0..<400 {
      let id = UInt32.random(in: 0...UInt32(2 * callCount + 3), using: &random)
      let bytes = Int.random(in: 0...60, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1:
        let kind = MethodKind.allCases.randomElement(using: &random) ?? .unary
        #expect(streams.open(kind, call: callCount) == UInt32(2 * callCount + 1))
        callCount += 1
      case 2...4 where !streams.isReadingPaused:
        let flags = FrameHeader.Flags(rawValue: .random(in: 0...7, using: &random))
        note(streams.receiveData(id, flags: flags, bodyBytes: bytes), id, bytes: bytes)
      case 5 where !streams.isReadingPaused:
        note(streams.receiveResponse(id, status: nil, payloadBytes: bytes), id, bytes: bytes)
      case 6:
        if let call = streams.abandon(id) { ends[call, default: 0] += 1 }
      default:
        if let size = waiting[id]?.first {
          waiting[id]?.removeFirst()
          streams.taken(id, bytes: size)
        }
      }
    }
    for call in streams.close() { ends[call, default: 0] += 1 }
    #expect(ends.count == callCount, "seed \(seed)")
    #expect(ends.values.allSatisfy { $0 == 1 }, "seed \(seed)")
    #expect(!streams.canOpen)
  }
}
