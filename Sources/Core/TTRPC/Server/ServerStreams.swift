import NIOCore

/// The streams of one server connection: frames and handler results go in, decisions come out.
///
/// A pure value without I/O, clocks or locks. `Call` is whatever the owner keeps for a call. Each
/// admitted request ends in exactly one of: an answer by its handler, a failure decided here, or
/// the end of the connection.
struct ServerStreams<Call> {
  /// What bounds the streams of one connection.
  struct Limits: Equatable {
    var callCountMax: Int
    var messageCountMax: Int
    var messageBytesMax: Int
  }

  /// Names one use of a stream id; ids may be used again, serials are not.
  struct Key: Hashable {
    let streamID: UInt32
    let serial: UInt64
  }

  /// What to do with a data frame.
  enum DataAction {
    /// Nothing.
    case ignore
    /// Answer on the frame's stream id; no call is concerned.
    case refuse(RPCError)
    /// Hand the message to the call, and the end of its requests after it if `ends`.
    case deliver(Call, ends: Bool)
    /// Tell the call that its requests have ended.
    case end(Call)
    /// Answer with the error and cancel the call, which is no longer a stream.
    case fail(Call, RPCError)
  }

  private struct Stream {
    let serial: UInt64
    let call: Call
    let kind: MethodKind
    var areRequestsOpen: Bool
    var messageCount = 0
    var messageBytes = 0
  }

  /// open → draining → closed, or open → closed.
  private enum Phase {
    case open
    case draining
    case closed
  }

  private let limits: Limits
  private var phase = Phase.open
  private var streams: [UInt32: Stream] = [:]
  private var lastSerial: UInt64 = 0
  /// Calls that were answered before their handler returned.
  private var orphanCount = 0
  /// Streams whose call ended before the client said that its requests had; bounded.
  private var endedEarly = CircularBuffer<UInt32>(initialCapacity: 0)
  /// The only stream, when its messages fill their bound.
  private var stalled: Key?

  private static var endedEarlyCountMax: Int { 64 }

  init(limits: Limits) {
    self.limits = limits
  }

  /// The number of streams that wait for their answer.
  var activeCount: Int { streams.count }

  /// The number of handlers that run, including those whose answer is out already.
  var runningCount: Int { streams.count + orphanCount }

  /// Whether a drain has come to its end: no call is left unanswered.
  var isDrained: Bool { phase == .draining && streams.isEmpty }

  /// Whether the connection should not be read until a handler has taken messages.
  ///
  /// That is so only while the full stream is alone, for then nobody else is kept waiting.
  var isReadingPaused: Bool { stalled != nil }

  /// Decides whether a request may open the stream; nil means yes.
  func refusal(of streamID: UInt32) -> RPCError? {
    if streamID & 1 == 0 {
      return RPCError(
        code: .invalidArgument, message: "stream id \(streamID) is even; clients use odd ids")
    }
    if streams[streamID] != nil {
      return RPCError(code: .invalidArgument, message: "stream id \(streamID) is in use")
    }
    switch phase {
    case .open: break
    case .draining, .closed:
      return RPCError(code: .unavailable, message: "the server is shutting down")
    }
    if runningCount >= limits.callCountMax {
      return RPCError(
        code: .resourceExhausted,
        message: "\(runningCount) calls run on this connection, limit \(limits.callCountMax)")
    }
    return nil
  }

  /// Opens a stream that ``refusal(of:)`` has nothing against.
  mutating func open(
    _ streamID: UInt32, kind: MethodKind, flags: FrameHeader.Flags, call: Call
  ) -> Key {
    precondition(refusal(of: streamID) == nil, "stream \(streamID) must not be opened")
    lastSerial += 1
    if let index = endedEarly.firstIndex(of: streamID) { endedEarly.remove(at: index) }
    let isOpen = kind.streamsRequests && !flags.contains(.remoteClosed)
    streams[streamID] = Stream(
      serial: lastSerial, call: call, kind: kind, areRequestsOpen: isOpen)
    return Key(streamID: streamID, serial: lastSerial)
  }

  /// Decides about a data frame.
  mutating func receiveData(
    _ streamID: UInt32, flags: FrameHeader.Flags, bodyBytes: Int
  ) -> DataAction {
    guard let stream = streams[streamID] else { return unknown(streamID, flags: flags) }
    let ends = flags.contains(.remoteClosed)
    // A closing frame without bytes is only the end, whether or not it says so.
    let hasMessage = !flags.contains(.noData) && !(ends && bodyBytes == 0)
    guard stream.areRequestsOpen else {
      if !hasMessage && stream.kind != .unary { return .ignore }
      let reason =
        stream.kind.streamsRequests
        ? "data after the end of the requests" : "data on a call with a single request"
      return .fail(
        remove(streamID, stream),
        RPCError(code: .invalidArgument, message: "stream id \(streamID): \(reason)"))
    }
    if hasMessage { return deliver(streamID, stream, bytes: bodyBytes, ends: ends) }
    guard ends else { return .ignore }
    streams[streamID]?.areRequestsOpen = false
    return .end(stream.call)
  }

  private mutating func unknown(
    _ streamID: UInt32, flags: FrameHeader.Flags
  ) -> DataAction {
    if let index = endedEarly.firstIndex(of: streamID) {
      if flags.contains(.remoteClosed) { endedEarly.remove(at: index) }
      return .ignore
    }
    return .refuse(
      RPCError(code: .invalidArgument, message: "stream id \(streamID) is not active"))
  }

  private mutating func deliver(
    _ streamID: UInt32, _ stream: Stream, bytes: Int, ends: Bool
  ) -> DataAction {
    var stream = stream
    let isAlone = streams.count == 1
    if isFull(stream) && !isAlone {
      return .fail(
        remove(streamID, stream),
        RPCError(
          code: .resourceExhausted,
          message: "\(stream.messageCount) messages of \(stream.messageBytes) bytes wait on "
            + "stream \(streamID), limits \(limits.messageCountMax) and \(limits.messageBytesMax)"))
    }
    stream.messageCount += 1
    stream.messageBytes += bytes
    if ends { stream.areRequestsOpen = false }
    streams[streamID] = stream
    if isFull(stream) && isAlone { stalled = Key(streamID: streamID, serial: stream.serial) }
    return .deliver(stream.call, ends: ends)
  }

  private func isFull(_ stream: Stream) -> Bool {
    stream.messageCount >= limits.messageCountMax || stream.messageBytes >= limits.messageBytesMax
  }

  /// Notes that a handler took a message that waited.
  mutating func taken(_ key: Key, bytes: Int) {
    guard var stream = streams[key.streamID], stream.serial == key.serial else { return }
    stream.messageCount -= 1
    stream.messageBytes -= bytes
    precondition(
      stream.messageCount >= 0 && stream.messageBytes >= 0,
      "took \(bytes) bytes too many of stream \(key.streamID)")
    streams[key.streamID] = stream
    // Half empty and not merely below the bound, so that reading does not start and stop for
    // every message.
    if stalled == key, stream.messageCount <= limits.messageCountMax / 2,
      stream.messageBytes <= limits.messageBytesMax / 2
    {
      stalled = nil
    }
  }

  /// The current use of a stream id, if it is in use.
  func key(of streamID: UInt32) -> Key? {
    streams[streamID].map { Key(streamID: streamID, serial: $0.serial) }
  }

  /// Whether the call may still send.
  func isActive(_ key: Key) -> Bool {
    streams[key.streamID]?.serial == key.serial
  }

  /// Notes that a handler returned; true means that its answer is to be sent.
  mutating func finish(_ key: Key) -> Bool {
    guard let stream = streams[key.streamID], stream.serial == key.serial else {
      orphanCount -= 1
      precondition(orphanCount >= 0, "a handler of stream \(key.streamID) returned twice")
      return false
    }
    _ = remove(key.streamID, stream)
    orphanCount -= 1
    return true
  }

  /// Ends a call from outside, as at its deadline; nil when it was answered already.
  ///
  /// The caller answers and cancels the call, whose handler still has to return.
  mutating func abandon(_ key: Key) -> Call? {
    guard let stream = streams[key.streamID], stream.serial == key.serial else { return nil }
    return remove(key.streamID, stream)
  }

  /// Takes the stream out; its handler counts as running until ``finish(_:)``.
  private mutating func remove(_ streamID: UInt32, _ stream: Stream) -> Call {
    streams[streamID] = nil
    orphanCount += 1
    if stalled?.streamID == streamID { stalled = nil }
    if stream.areRequestsOpen {
      if endedEarly.count == Self.endedEarlyCountMax { endedEarly.removeFirst() }
      endedEarly.append(streamID)
    }
    return stream.call
  }

  /// The calls that wait for their answer, in the order in which they came.
  var activeCalls: [(key: Key, call: Call)] {
    streams.map { (Key(streamID: $0.key, serial: $0.value.serial), $0.value.call) }
      .sorted { $0.key.serial < $1.key.serial }
  }

  /// Refuses calls from now on.
  mutating func beginDrain() {
    if phase == .open { phase = .draining }
  }

  /// Ends everything because the connection is gone; returns the calls to cancel.
  mutating func close() -> [Call] {
    phase = .closed
    let calls = activeCalls
    for (key, _) in calls { _ = abandon(key) }
    return calls.map { $0.call }
  }
}
