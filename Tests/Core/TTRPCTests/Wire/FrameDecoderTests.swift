import NIOCore
import Testing

@testable import TTRPC

/// The decoder against frames cut at every place and at random.
struct FrameDecoderTests {
  private static let frames = [
    RawFrame(stream: 1, type: 1, flags: 0, body: [1, 2, 3]),
    RawFrame(stream: 3, type: 2),
    RawFrame(stream: 5, type: 3, flags: 5, body: []),
    RawFrame(stream: 0xFFFF_FFFF, type: 99, flags: 0xF0, body: Array(0..<200)),
    RawFrame(stream: 7, type: 1, body: Array(repeating: 9, count: 1000)),
  ]

  private func decode(_ chunks: [[UInt8]], discardBytesMax: Int = 64 << 20) -> [FrameDecoder.Event]
  {
    var decoder = FrameDecoder(discardBytesMax: discardBytesMax)
    var events: [FrameDecoder.Event] = []
    for chunk in chunks {
      decoder.append(ByteBuffer(bytes: chunk))
      while let event = decoder.next() { events.append(event) }
    }
    return events
  }

  private func event(_ frame: RawFrame) -> FrameDecoder.Event {
    .frame(header(frame), body: ByteBuffer(bytes: frame.body))
  }

  private func header(_ frame: RawFrame) -> FrameHeader {
    FrameHeader(
      bodyBytes: UInt32(frame.body.count), streamID: frame.stream,
      kind: FrameHeader.Kind(rawValue: frame.type),
      flags: FrameHeader.Flags(rawValue: frame.flags))
  }

  @Test func `frames fed byte by byte come out whole`() {
    let bytes = Self.frames.flatMap { $0.bytes }
    #expect(decode(bytes.map { [$0] }) == Self.frames.map(event))
  }

  @Test func `frames cut at any two places come out whole`() {
    let frames = Array(Self.frames.prefix(3))
    let bytes = frames.flatMap { $0.bytes }
    let expected = frames.map(event)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let chunks = [
          Array(bytes[..<first]), Array(bytes[first..<second]), Array(bytes[second...]),
        ]
        #expect(decode(chunks) == expected, "cut at \(first) and \(second)")
      }
    }
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `random frames in random pieces come out whole`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let frames = (0..<30).map { _ in
      RawFrame(
        stream: random.next(), type: .random(in: 0...9, using: &random), flags: random.next(),
        body: (0..<Int.random(in: 0...3000, using: &random)).map { _ in random.next() })
    }
    let bytes = frames.flatMap { $0.bytes }
    var chunks: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + .random(in: 1...4000, using: &random))
      chunks.append(Array(bytes[start..<end]))
      start = end
    }
    #expect(decode(chunks) == frames.map(event), "seed \(seed)")
  }

  @Test func `a body of exactly the limit is a frame and one byte more is not`() {
    let most = RawFrame(stream: 1, type: 1, body: [UInt8](repeating: 1, count: 4 << 20))
    let tooMuch = RawFrame(stream: 3, type: 1, body: [UInt8](repeating: 1, count: 4 << 20 + 1))
    let next = RawFrame(stream: 5, type: 1, body: [1])
    let events = decode([most.bytes + tooMuch.bytes + next.bytes])
    #expect(events == [event(most), .oversized(header(tooMuch)), event(next)])
  }

  @Test func `an oversized body is announced at its header and thrown away as it comes`() {
    let tooMuch = RawFrame(stream: 3, type: 1, body: [UInt8](repeating: 1, count: 5 << 20))
    let next = RawFrame(stream: 5, type: 1, body: [1])
    var decoder = FrameDecoder(discardBytesMax: 64 << 20)
    let bytes = tooMuch.bytes + next.bytes
    decoder.append(ByteBuffer(bytes: bytes[..<10]))
    #expect(decoder.next() == .oversized(header(tooMuch)))
    var rest = bytes[10...]
    var events: [FrameDecoder.Event] = []
    while !rest.isEmpty {
      decoder.append(ByteBuffer(bytes: rest.prefix(60_000)))
      rest = rest.dropFirst(60_000)
      while let event = decoder.next() { events.append(event) }
    }
    #expect(events == [event(next)])
    #expect(!decoder.isMidFrame)
  }

  @Test func `a frame above the bound of what is thrown away ends the decoding`() {
    let header = RawFrame.header(length: 101 << 20, stream: 9, type: 1)
    let events = decode([header + [1, 2, 3], RawFrame(stream: 1, type: 1).bytes])
    #expect(
      events == [
        .unreadable(
          FrameHeader(bodyBytes: 101 << 20, streamID: 9, kind: .request, flags: []))
      ])
  }

  @Test func `a body that shares storage with earlier ones is not changed by later bytes`() {
    var decoder = FrameDecoder(discardBytesMax: 0)
    let first = RawFrame(stream: 1, type: 1, body: [1, 1, 1])
    let second = RawFrame(stream: 3, type: 1, body: [2, 2, 2])
    decoder.append(ByteBuffer(bytes: first.bytes + second.bytes.prefix(5)))
    guard case .frame(_, let body) = decoder.next() else {
      Issue.record("no frame")
      return
    }
    decoder.append(ByteBuffer(bytes: second.bytes.dropFirst(5)))
    #expect(decoder.next() == event(second))
    #expect(Array(body.readableBytesView) == [1, 1, 1])
  }
}
