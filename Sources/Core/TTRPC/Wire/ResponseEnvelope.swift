import NIOCore

/// The parts of a Response frame's body; the payload is a place in the body.
struct ResponseEnvelope {
  private(set) var status: RPCError?
  private(set) var payload: Range<Int> = 0..<0

  /// Reads an envelope; an absent status, an empty one and code 0 all mean success.
  init(decoding bytes: UnsafeRawBufferPointer) throws(EnvelopeError) {
    var reader = WireReader(bytes, range: 0..<bytes.count)
    var code: Int32 = 0
    var message = ""
    while let (number, value) = try reader.next() {
      switch number {
      case 1: try Self.readStatus(bytes, value.range(field: 1), code: &code, message: &message)
      case 2: payload = try value.range(field: 2)
      default: break
      }
    }
    if code != 0 { status = RPCError(code: RPCCode(rawValue: code), message: message) }
  }

  private static func readStatus(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, code: inout Int32, message: inout String
  ) throws(EnvelopeError) {
    var reader = WireReader(bytes, range: range)
    while let (number, value) = try reader.next() {
      switch number {
      case 1: code = Int32(truncatingIfNeeded: try value.integer(field: 1))
      case 2:
        guard let string = bytes.validString(try value.range(field: 2)) else {
          throw .invalidUTF8(field: 2)
        }
        message = string
      default: break
      }
    }
  }
}

extension ByteBuffer {
  /// The longest status message that is sent; longer ones are cut.
  static let statusMessageBytesMax = 16 << 10

  /// The size of a successful Response body that carries `payloadBytes`.
  static func responseBodyBytes(payloadBytes: Int) -> Int {
    payloadBytes == 0 ? 0 : fieldByteCount(payloadBytes)
  }

  /// Appends the frame of a failure.
  mutating func writeErrorResponse(streamID: UInt32, error: RPCError) {
    let message = error.message.prefixOfUTF8(bytesMax: Self.statusMessageBytesMax)
    let code = Int64(error.code.rawValue)
    var status = 1 + varintByteCount(UInt64(bitPattern: code))
    if !message.isEmpty { status += fieldByteCount(message.utf8.count) }
    writeFrameHeader(bodyBytes: fieldByteCount(status), streamID: streamID, kind: .response)
    writeFieldHead(1, contentBytes: status)
    writeVarintField(1, code)
    writeStringField(2, message)
  }
}

extension String {
  /// The longest prefix of whole characters whose UTF-8 form fits in `bytesMax`.
  func prefixOfUTF8(bytesMax: Int) -> String {
    guard utf8.count > bytesMax else { return self }
    let limit = utf8.index(utf8.startIndex, offsetBy: bytesMax)
    var end = limit
    while end > startIndex, String.Index(end, within: unicodeScalars) == nil {
      end = utf8.index(before: end)
    }
    return String(self[..<end])
  }
}
