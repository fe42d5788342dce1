import NIOCore

/// The streams of one client connection: frames and callers' wishes go in, decisions come out.
///
/// A pure value without I/O, clocks or locks. Ids are odd and strictly increasing. Each opened
/// stream ends in exactly one of: its answer, its failure, being abandoned, or the end of the
/// connection. What comes for a stream that has ended is ignored.
struct ClientStreams<Call> {
  /// What to do with a frame from the server.
  enum Action {
    /// Nothing.
    case ignore
    /// Hand the frame's message to the call; the stream ends with it if `ends`.
    case deliver(Call, ends: Bool)
    /// Tell the call that the stream ended well.
    case end(Call)
    /// Tell the call that it failed.
    case fail(Call, RPCError)
  }

  private struct Stream {
    let call: Call
    let kind: MethodKind
    var areRequestsOpen: Bool
    var messageCount = 0
    var messageBytes = 0
  }

  private let messageCountMax: Int
  private let messageBytesMax: Int
  private var nextID: UInt32
  private var hasIDs = true
  private var isClosed = false
  private var streams: [UInt32: Stream] = [:]
  private var stalled: UInt32?

  init(messageCountMax: Int, messageBytesMax: Int, firstID: UInt32 = 1) {
    precondition(firstID & 1 == 1, "first stream id \(firstID) is even")
    self.messageCountMax = messageCountMax
    self.messageBytesMax = messageBytesMax
    nextID = firstID
  }

  /// Whether a stream can be opened.
  var canOpen: Bool { hasIDs && !isClosed }

  /// The number of streams under way.
  var activeCount: Int { streams.count }

  /// Whether the connection should not be read until its only stream's reader took messages.
  var isReadingPaused: Bool { stalled != nil }

  /// Opens a stream and returns its id; requires ``canOpen``.
  mutating func open(_ kind: MethodKind, call: Call) -> UInt32 {
    precondition(canOpen, "no stream can be opened after id \(nextID)")
    let id = nextID
    if id > UInt32.max - 2 { hasIDs = false } else { nextID += 2 }
    streams[id] = Stream(call: call, kind: kind, areRequestsOpen: kind.streamsRequests)
    return id
  }

  /// Whether a request message may be sent.
  func canSend(_ id: UInt32) -> Bool {
    streams[id]?.areRequestsOpen == true
  }

  /// Ends the requests of a stream; true means that a closing frame must be sent.
  mutating func closeRequests(_ id: UInt32) -> Bool {
    guard streams[id]?.areRequestsOpen == true else { return false }
    streams[id]?.areRequestsOpen = false
    return true
  }

  /// Decides about a data frame.
  mutating func receiveData(
    _ id: UInt32, flags: FrameHeader.Flags, bodyBytes: Int
  ) -> Action {
    guard var stream = streams[id] else { return .ignore }
    guard stream.kind.streamsResponses else {
      return fail(id, stream, .internal, "the server sent a stream where one response is due")
    }
    let ends = flags.contains(.remoteClosed)
    let hasMessage = !flags.contains(.noData) && !(ends && bodyBytes == 0)
    if !hasMessage { return ends ? .end(remove(id, stream)) : .ignore }
    if isFull(stream) && streams.count > 1 {
      return fail(
        id, stream, .resourceExhausted,
        "\(stream.messageCount) messages of \(stream.messageBytes) bytes wait for their reader, "
          + "limits \(messageCountMax) and \(messageBytesMax)")
    }
    if ends { return .deliver(remove(id, stream), ends: true) }
    stream.messageCount += 1
    stream.messageBytes += bodyBytes
    streams[id] = stream
    if isFull(stream) && streams.count == 1 { stalled = id }
    return .deliver(stream.call, ends: false)
  }

  /// Decides about a response frame; `status` is nil on success.
  mutating func receiveResponse(_ id: UInt32, status: RPCError?, payloadBytes: Int) -> Action {
    guard let stream = streams[id] else { return .ignore }
    let call = remove(id, stream)
    if let status { return .fail(call, status) }
    // Some servers end a stream with an empty success in place of a closing data frame.
    if stream.kind.streamsResponses && payloadBytes == 0 { return .end(call) }
    return .deliver(call, ends: true)
  }

  /// Fails a stream whose frame cannot be used.
  mutating func reject(_ id: UInt32, _ error: RPCError) -> Action {
    guard let stream = streams[id] else { return .ignore }
    return .fail(remove(id, stream), error)
  }

  /// Notes that a reader took a message that waited.
  mutating func taken(_ id: UInt32, bytes: Int) {
    guard var stream = streams[id] else { return }
    stream.messageCount -= 1
    stream.messageBytes -= bytes
    precondition(
      stream.messageCount >= 0 && stream.messageBytes >= 0,
      "took \(bytes) bytes too many of stream \(id)")
    streams[id] = stream
    if stalled == id, stream.messageCount <= messageCountMax / 2,
      stream.messageBytes <= messageBytesMax / 2
    {
      stalled = nil
    }
  }

  /// Gives a stream up; nil when it has ended already.
  mutating func abandon(_ id: UInt32) -> Call? {
    streams[id].map { remove(id, $0) }
  }

  /// Ends everything because the connection is gone; returns the calls that failed by it.
  mutating func close() -> [Call] {
    isClosed = true
    stalled = nil
    defer { streams = [:] }
    return streams.sorted { $0.key < $1.key }.map { $0.value.call }
  }

  /// The calls under way with their ids.
  var activeCalls: [(id: UInt32, call: Call)] {
    streams.map { ($0.key, $0.value.call) }
  }

  private func isFull(_ stream: Stream) -> Bool {
    stream.messageCount >= messageCountMax || stream.messageBytes >= messageBytesMax
  }

  private mutating func fail(
    _ id: UInt32, _ stream: Stream, _ code: RPCCode, _ message: String
  ) -> Action {
    .fail(remove(id, stream), RPCError(code: code, message: message))
  }

  private mutating func remove(_ id: UInt32, _ stream: Stream) -> Call {
    streams[id] = nil
    if stalled == id { stalled = nil }
    return stream.call
  }
}
