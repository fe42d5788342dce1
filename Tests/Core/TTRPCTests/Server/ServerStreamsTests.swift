import Testing

@testable import TTRPC

/// The server's stream state machine: each rule once, then random events against a plain model.
struct ServerStreamsTests {
  private typealias Streams = ServerStreams<Int>

  private func make(calls: Int = 4, messages: Int = 3, bytes: Int = 100) -> Streams {
    Streams(
      limits: .init(callCountMax: calls, messageCountMax: messages, messageBytesMax: bytes))
  }

  private func name(_ action: Streams.DataAction) -> String {
    switch action {
    case .ignore: "ignore"
    case .refuse(let error): "refuse \(error.code)"
    case .deliver(let call, let ends): "deliver \(call) \(ends)"
    case .end(let call): "end \(call)"
    case .fail(let call, let error): "fail \(call) \(error.code)"
    }
  }

  @Test func `even ids, ids in use and calls beyond the limit are refused`() {
    var streams = make(calls: 2)
    #expect(streams.refusal(of: 0)?.code == .invalidArgument)
    #expect(streams.refusal(of: 2)?.code == .invalidArgument)
    _ = streams.open(9, kind: .unary, flags: [], call: 1)
    #expect(streams.refusal(of: 9)?.code == .invalidArgument)
    #expect(streams.refusal(of: 3) == nil, "ids may come in any order")
    _ = streams.open(3, kind: .unary, flags: [], call: 2)
    #expect(streams.refusal(of: 5)?.code == .resourceExhausted)
  }

  @Test func `an id may be used again after its call was answered`() {
    var streams = make()
    let first = streams.open(1, kind: .unary, flags: [], call: 1)
    #expect(streams.finish(first) == true)
    let second = streams.open(1, kind: .unary, flags: [], call: 2)
    #expect(first != second)
    #expect(!streams.isActive(first) && streams.isActive(second))
  }

  @Test func `a call that was failed keeps its place until its handler returns`() {
    var streams = make(calls: 1)
    let key = streams.open(1, kind: .unary, flags: [], call: 1)
    #expect(name(streams.receiveData(1, flags: [], bodyBytes: 1)) == "fail 1 INVALID_ARGUMENT")
    #expect(streams.refusal(of: 3)?.code == .resourceExhausted)
    #expect(streams.finish(key) == false)
    #expect(streams.refusal(of: 3) == nil)
  }

  @Test func `a closing frame without data ends the requests and one with data delivers first`() {
    var streams = make()
    _ = streams.open(1, kind: .bidirectional, flags: .remoteOpen, call: 1)
    #expect(name(streams.receiveData(1, flags: [], bodyBytes: 0)) == "deliver 1 false")
    #expect(
      name(streams.receiveData(1, flags: [.remoteClosed, .noData], bodyBytes: 0)) == "end 1")
    _ = streams.open(3, kind: .clientStreaming, flags: .remoteOpen, call: 3)
    #expect(name(streams.receiveData(3, flags: .remoteClosed, bodyBytes: 9)) == "deliver 3 true")
    #expect(
      name(streams.receiveData(3, flags: [], bodyBytes: 1)) == "fail 3 INVALID_ARGUMENT")
  }

  @Test func `a second closing frame is ignored`() {
    var streams = make()
    _ = streams.open(1, kind: .serverStreaming, flags: .remoteClosed, call: 1)
    #expect(
      name(streams.receiveData(1, flags: [.remoteClosed, .noData], bodyBytes: 0)) == "ignore")
    #expect(streams.activeCount == 1)
  }

  @Test func `a full stream that is alone pauses reading until half of it was taken`() {
    var streams = make(messages: 4)
    let key = streams.open(1, kind: .bidirectional, flags: .remoteOpen, call: 1)
    for _ in 0..<4 { _ = streams.receiveData(1, flags: [], bodyBytes: 1) }
    #expect(streams.isReadingPaused)
    streams.taken(key, bytes: 1)
    #expect(streams.isReadingPaused)
    streams.taken(key, bytes: 1)
    #expect(!streams.isReadingPaused)
  }

  @Test func `a full stream that is not alone fails at once`() {
    var streams = make(bytes: 10)
    _ = streams.open(1, kind: .bidirectional, flags: .remoteOpen, call: 1)
    _ = streams.open(3, kind: .unary, flags: [], call: 3)
    #expect(name(streams.receiveData(1, flags: [], bodyBytes: 10)) == "deliver 1 false")
    #expect(!streams.isReadingPaused)
    #expect(name(streams.receiveData(1, flags: [], bodyBytes: 1)) == "fail 1 RESOURCE_EXHAUSTED")
  }

  @Test func `frames of a call that ended before its requests did are dropped until they end`() {
    var streams = make()
    let key = streams.open(1, kind: .bidirectional, flags: .remoteOpen, call: 1)
    #expect(streams.finish(key) == true)
    #expect(name(streams.receiveData(1, flags: [], bodyBytes: 1)) == "ignore")
    #expect(name(streams.receiveData(1, flags: .remoteClosed, bodyBytes: 0)) == "ignore")
    #expect(name(streams.receiveData(1, flags: [], bodyBytes: 1)) == "refuse INVALID_ARGUMENT")
  }

  @Test func `a drain refuses new calls and is over when the last one is answered`() {
    var streams = make()
    let key = streams.open(1, kind: .unary, flags: [], call: 1)
    streams.beginDrain()
    #expect(streams.refusal(of: 3)?.code == .unavailable)
    #expect(!streams.isDrained)
    #expect(streams.finish(key) == true)
    #expect(streams.isDrained)
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `random events keep to a plain model`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var run = ModelRun(streams: make(calls: 5, messages: 3, bytes: 40))
    for _ in 0..<400 { run.step(&random, seed: seed) }
    run.close()
  }
}

/// What a connection should look like, kept as plain lists.
private struct ModelRun {
  struct Call {
    let id: UInt32
    let kind: MethodKind
    var isOpen: Bool
    var isActive = true
    var queue: [Int] = []
    var answers = 0
    let key: ServerStreams<Int>.Key
  }

  var streams: ServerStreams<Int>
  var calls: [Call] = []
  var returned = Set<Int>()
  var draining = false

  var active: [Int] { calls.indices.filter { calls[$0].isActive } }
  var running: Int { calls.count - returned.count }

  mutating func step(_ random: inout SeededGenerator, seed: UInt64) {
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<3: open(&random)
    case 3..<7: data(&random)
    case 7:
      if let index = calls.indices.filter({ !calls[$0].queue.isEmpty }).randomElement(
        using: &random)
      {
        let bytes = calls[index].queue.removeFirst()
        streams.taken(calls[index].key, bytes: bytes)
      }
    case 8:
      if let index = calls.indices.filter({ !returned.contains($0) }).randomElement(using: &random)
      {
        returned.insert(index)
        #expect(streams.finish(calls[index].key) == calls[index].isActive, "seed \(seed)")
        if calls[index].isActive { end(index) }
      }
    default:
      if let index = active.randomElement(using: &random), Bool.random(using: &random) {
        #expect(streams.abandon(calls[index].key) == index, "seed \(seed)")
        end(index)
      }
    }
    #expect(streams.activeCount == active.count, "seed \(seed)")
    #expect(streams.runningCount == running, "seed \(seed)")
    if streams.isReadingPaused { #expect(active.count == 1, "seed \(seed)") }
  }

  private mutating func end(_ index: Int) {
    calls[index].isActive = false
    calls[index].queue = []
    calls[index].answers += 1
  }

  private mutating func open(_ random: inout SeededGenerator) {
    let id = UInt32.random(in: 0...9, using: &random)
    let isRefused = id % 2 == 0 || active.contains { calls[$0].id == id } || running >= 5
    #expect((streams.refusal(of: id) != nil) == isRefused)
    guard !isRefused else { return }
    let kind = MethodKind.allCases.randomElement(using: &random) ?? .unary
    let flags = FrameHeader.Flags(rawValue: [0, 1, 2, 6].randomElement(using: &random) ?? 0)
    let key = streams.open(id, kind: kind, flags: flags, call: calls.count)
    let isOpen = kind.streamsRequests && flags.rawValue & 1 == 0
    calls.append(Call(id: id, kind: kind, isOpen: isOpen, key: key))
  }

  private mutating func data(_ random: inout SeededGenerator) {
    // A paused connection delivers nothing.
    guard !streams.isReadingPaused else { return }
    let id = UInt32.random(in: 0...9, using: &random)
    let flags = FrameHeader.Flags(rawValue: .random(in: 0...7, using: &random))
    let bytes = Int.random(in: 0...20, using: &random)
    let closes = flags.contains(.remoteClosed)
    let hasMessage = !flags.contains(.noData) && !(closes && bytes == 0)
    let action = streams.receiveData(id, flags: flags, bodyBytes: bytes)
    guard let index = active.first(where: { calls[$0].id == id }) else {
      switch action {
      case .ignore, .refuse: break
      default: Issue.record("\(action) for a stream that is not active")
      }
      return
    }
    let call = calls[index]
    let isFull = call.queue.count >= 3 || call.queue.reduce(0, +) >= 40
    switch action {
    case .deliver(index, let ends):
      #expect(call.isOpen && hasMessage && ends == closes && (!isFull || active.count == 1))
      calls[index].queue.append(bytes)
      if closes { calls[index].isOpen = false }
    case .end(index):
      #expect(call.isOpen && !hasMessage && closes)
      calls[index].isOpen = false
    case .fail(index, let error):
      #expect(error.code == (call.isOpen ? .resourceExhausted : .invalidArgument))
      #expect(!call.isOpen || (isFull && active.count > 1))
      end(index)
    case .ignore: #expect(!hasMessage && (call.isOpen ? !closes : call.kind != .unary))
    default: Issue.record("\(action) for call \(index)")
    }
  }

  /// The connection goes: every call has been answered once or is cancelled now, never both.
  mutating func close() {
    #expect(streams.close() == active)
    for index in active { end(index) }
    #expect(calls.allSatisfy { $0.answers == 1 })
    #expect(streams.activeCount == 0)
    for index in calls.indices where !returned.contains(index) {
      #expect(streams.finish(calls[index].key) == false)
    }
    #expect(streams.runningCount == 0)
  }
}
