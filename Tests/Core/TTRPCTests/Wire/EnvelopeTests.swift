import NIOCore
import Testing

@testable import TTRPC

/// The hand-written envelopes against bytes spelled out by hand, whole and broken.
struct EnvelopeTests {
  private func request(_ bytes: [UInt8]) throws(EnvelopeError) -> RequestEnvelope {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(EnvelopeError) in try RequestEnvelope(decoding: bytes) }
    }
    return try result.get()
  }

  private func response(_ bytes: [UInt8]) throws(EnvelopeError) -> ResponseEnvelope {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(EnvelopeError) in try ResponseEnvelope(decoding: bytes) }
    }
    return try result.get()
  }

  private static let full =
    RawFrame.field(1, "bench.Echo") + RawFrame.field(2, "Echo") + RawFrame.field(3, [1, 2, 3])
    + RawFrame.integer(4, 5_000_000_000)
    + RawFrame.field(5, RawFrame.field(1, "Trace-ID") + RawFrame.field(2, "a"))
    + RawFrame.field(5, RawFrame.field(1, "trace-id") + RawFrame.field(2, "b"))

  @Test func `every field of a request is read`() throws {
    let envelope = try request(Self.full)
    #expect(String(decoding: Self.full[envelope.service], as: UTF8.self) == "bench.Echo")
    #expect(String(decoding: Self.full[envelope.method], as: UTF8.self) == "Echo")
    #expect(Array(Self.full[envelope.payload]) == [1, 2, 3])
    #expect(envelope.timeoutNanoseconds == 5_000_000_000)
    #expect(envelope.metadata["TRACE-id"] == ["a", "b"])
    #expect(envelope.metadata.entries.allSatisfy { $0.key == "trace-id" })
  }

  @Test func `an empty request has empty names and no timeout`() throws {
    let envelope = try request([])
    #expect(envelope.service.isEmpty && envelope.method.isEmpty && envelope.payload.isEmpty)
    #expect(envelope.timeoutNanoseconds == 0)
  }

  @Test func `a negative timeout stays negative`() throws {
    let bytes = RawFrame.integer(4, UInt64(bitPattern: -5))
    #expect(try request(bytes).timeoutNanoseconds == -5)
  }

  @Test func `unknown fields of every wire type are skipped`() throws {
    let unknown =
      RawFrame.integer(9, 300) + RawFrame.varint(10 << 3 | 1) + [1, 2, 3, 4, 5, 6, 7, 8]
      + RawFrame.field(11, "x") + RawFrame.varint(12 << 3 | 5) + [1, 2, 3, 4]
      + RawFrame.field(1000, "y")
    let envelope = try request(unknown + Self.full)
    #expect(envelope.payload.count == 3)
  }

  @Test func `of a repeated field the last one counts`() throws {
    let bytes = RawFrame.field(1, "a") + RawFrame.field(1, "bc")
    #expect(try request(bytes).service.count == 2)
  }

  @Test func `a request cut anywhere is refused or is a shorter request`() throws {
    for count in 0..<Self.full.count {
      do throws(EnvelopeError) {
        let envelope = try request(Array(Self.full.prefix(count)))
        #expect(envelope.payload.upperBound <= count, "cut to \(count)")
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }

  @Test(
    arguments: [
      ([0x0A], EnvelopeError.truncated(field: 1)),
      ([0x0A, 5, 1], .truncated(field: 1)),
      ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], .truncated(field: 1)),
      ([0x08, 1], .wireType(field: 1, found: 0)),
      ([0x22, 0], .wireType(field: 4, found: 2)),
      ([0x25, 0, 0, 0, 0], .wireType(field: 4, found: 5)),
      ([0x29, 0, 0, 0, 0, 0, 0, 0, 0], .wireType(field: 5, found: 1)),
      ([0x29, 0, 0], .truncated(field: 5)),
      ([0x0B], .wireType(field: 1, found: 3)),
      ([0x0E], .wireType(field: 1, found: 6)),
      ([0x00, 0], .malformedVarint),
      ([0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], .malformedVarint),
      (
        [0x20, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        .malformedVarint
      ),
      ([0x2A, 3, 0x0A, 1, 0xFF], .invalidUTF8(field: 5)),
    ] as [([UInt8], EnvelopeError)])
  func `a broken request says what is wrong`(bytes: [UInt8], error: EnvelopeError) {
    #expect(throws: error) { try request(bytes) }
  }

  @Test func `metadata beyond its limit is refused`() throws {
    let pair = RawFrame.field(5, RawFrame.field(1, "k"))
    let most = Array(repeatElement(pair, count: 128).joined())
    #expect(try request(most).metadata.entries.count == 128)
    #expect(throws: EnvelopeError.tooManyMetadataEntries(limit: 128)) { try request(most + pair) }
  }

  @Test(
    arguments: [
      [], [0x0A, 0], [0x0A, 2, 0x08, 0], [0x0A, 3, 0x12, 1, 0x61],
    ] as [[UInt8]])
  func `an absent status, an empty one and code 0 are all success`(status: [UInt8]) throws {
    let envelope = try response(status + RawFrame.field(2, [7]))
    #expect(envelope.status == nil)
    #expect(envelope.payload.count == 1)
  }

  @Test func `a status keeps its code and message, and details are passed over`() throws {
    let status =
      RawFrame.integer(1, 5) + RawFrame.field(2, "gone") + RawFrame.field(3, RawFrame.field(1, "t"))
    let envelope = try response(RawFrame.field(1, status))
    #expect(envelope.status?.code == .notFound)
    #expect(envelope.status?.message == "gone")
  }

  @Test func `a status message that is not UTF-8 is refused`() {
    #expect(throws: EnvelopeError.invalidUTF8(field: 2)) {
      try response(RawFrame.field(1, RawFrame.field(2, [0xC0])))
    }
  }

  @Test(arguments: [0, 1, 127, 128, 20_000])
  func `a written request is read back with the size that was announced`(count: Int) throws {
    let payload = [UInt8](repeating: 5, count: count)
    let head = RequestHead(
      service: "a.B", method: "C", timeoutNanoseconds: 77,
      metadata: ["k": "v", "empty": "", "k": "w"])
    var buffer = ByteBuffer()
    head.write(into: &buffer, payloadBytes: count)
    buffer.writeBytes(payload)
    #expect(buffer.readableBytes == head.bodyBytes(payloadBytes: count))
    let envelope = try request(Array(buffer.readableBytesView))
    #expect(envelope.payload.count == count)
    #expect(envelope.timeoutNanoseconds == 77)
    #expect(envelope.metadata == head.metadata)
  }

  @Test func `an error frame is what other implementations send`() {
    var buffer = ByteBuffer()
    buffer.writeErrorResponse(
      streamID: 3, error: RPCError(code: .resourceExhausted, message: "no"))
    #expect(Array(buffer.readableBytesView) == RawFrame.failure(3, code: 8).bytes)
  }

  @Test func `a long status message is cut at a whole character`() throws {
    var buffer = ByteBuffer()
    let message = "a" + String(repeating: "ä", count: 20_000)
    buffer.writeErrorResponse(streamID: 3, error: RPCError(code: .internal, message: message))
    buffer.moveReaderIndex(forwardBy: 10)
    let status = try #require(try response(Array(buffer.readableBytesView)).status)
    #expect(message.hasPrefix(status.message))
    #expect((16 << 10) - 1...(16 << 10) ~= status.message.utf8.count)
  }
}
