import NIOCore

@testable import TTRPC

/// Feeds any bytes to the frame decoder, the envelopes and both stream state machines.
///
/// The first byte chooses how the rest is cut into pieces. Whatever the cuts, the same frames must
/// come out, and every call that was opened must end exactly once.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTransport(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeBufferPointer(start: start, count: count)
  guard let choice = input.first else { return 0 }
  let bytes = Array(input.dropFirst())
  let whole = decode(bytes, pieceBytes: bytes.count)
  let pieces = decode(bytes, pieceBytes: Int(choice % 61) + 1)
  precondition(whole == pieces, "cutting changes what comes out")
  var server = ServerSide()
  var client = ClientSide()
  for event in whole {
    guard case .frame(let header, let body) = event else { continue }
    server.receive(header, body)
    client.receive(header, body)
  }
  server.close()
  client.close()
  return 0
}

/// A small bound, so that short inputs reach what lies beyond it.
private let discardBytesMax = 5 << 20

private func decode(_ bytes: [UInt8], pieceBytes: Int) -> [FrameDecoder.Event] {
  var decoder = FrameDecoder(discardBytesMax: discardBytesMax)
  var events: [FrameDecoder.Event] = []
  var rest = bytes[...]
  while !rest.isEmpty {
    decoder.append(ByteBuffer(bytes: rest.prefix(pieceBytes)))
    rest = rest.dropFirst(pieceBytes)
    while let event = decoder.next() { events.append(event) }
  }
  return events
}

/// What a server does with frames, without sockets and handlers.
private struct ServerSide {
  private var streams = ServerStreams<Int>(
    limits: .init(callCountMax: 8, messageCountMax: 3, messageBytesMax: 64))
  private var answers: [Int] = []
  private var keys: [ServerStreams<Int>.Key] = []

  mutating func receive(_ header: FrameHeader, _ body: ByteBuffer) {
    if header.kind == .request { open(header, body) }
    guard header.kind == .data, !streams.isReadingPaused else { return }
    let action = streams.receiveData(
      header.streamID, flags: header.flags, bodyBytes: body.readableBytes)
    if case .fail(let call, _) = action { answers[call] += 1 }
  }

  private mutating func open(_ header: FrameHeader, _ body: ByteBuffer) {
    guard streams.refusal(of: header.streamID) == nil else { return }
    let envelope = body.withUnsafeReadableBytes { bytes -> RequestEnvelope? in
      do throws(EnvelopeError) {
        let envelope = try RequestEnvelope(decoding: bytes)
        precondition(envelope.payload.upperBound <= bytes.count, "a payload outside the body")
        _ = RouteTable(services: []).route(for: envelope, in: bytes)
        return envelope
      } catch {
        precondition(!error.description.isEmpty)
        return nil
      }
    }
    guard let envelope else { return }
    let kinds = MethodKind.allCases
    let kind = kinds[envelope.method.count % kinds.count]
    keys.append(
      streams.open(header.streamID, kind: kind, flags: header.flags, call: answers.count))
    answers.append(0)
    // Every third handler returns at once.
    if answers.count % 3 == 0 { finish(answers.count - 1) }
  }

  private mutating func finish(_ call: Int) {
    if streams.finish(keys[call]) { answers[call] += 1 }
  }

  mutating func close() {
    for call in streams.close() { answers[call] += 1 }
    precondition(answers.allSatisfy { $0 == 1 }, "answers \(answers)")
  }
}

/// What a client does with frames when calls of all kinds wait for them.
private struct ClientSide {
  private var streams = ClientStreams<Int>(messageCountMax: 3, messageBytesMax: 64)
  private var ends: [Int]

  init() {
    ends = [Int](repeating: 0, count: 8)
    for call in 0..<8 { _ = streams.open(MethodKind.allCases[call % 4], call: call) }
  }

  mutating func receive(_ header: FrameHeader, _ body: ByteBuffer) {
    guard !streams.isReadingPaused else { return }
    if header.kind == .data {
      note(
        streams.receiveData(
          header.streamID, flags: header.flags, bodyBytes: body.readableBytes))
    }
    guard header.kind == .response else { return }
    let envelope = body.withUnsafeReadableBytes { bytes in
      Result { () throws(EnvelopeError) in try ResponseEnvelope(decoding: bytes) }
    }
    switch envelope {
    case .success(let envelope):
      precondition(envelope.payload.upperBound <= body.readableBytes, "a payload outside")
      note(
        streams.receiveResponse(
          header.streamID, status: envelope.status, payloadBytes: envelope.payload.count))
    case .failure(let error):
      note(streams.reject(header.streamID, RPCError(code: .internal, message: error.description)))
    }
  }

  private mutating func note(_ action: ClientStreams<Int>.Action) {
    switch action {
    case .ignore, .deliver(_, ends: false): break
    case .deliver(let call, _), .end(let call), .fail(let call, _): ends[call] += 1
    }
  }

  mutating func close() {
    for call in streams.close() { ends[call] += 1 }
    precondition(ends.allSatisfy { $0 == 1 }, "ends \(ends)")
  }
}
