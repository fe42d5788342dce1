import NIOCore

/// The parts of a Request frame's body, most of them as places in the body.
///
/// Service and method stay undecoded because a server only compares them; the payload is a slice
/// of the frame and is not copied.
struct RequestEnvelope {
  /// How many metadata pairs a request may carry.
  static let metadataCountMax = 128

  private(set) var service: Range<Int> = 0..<0
  private(set) var method: Range<Int> = 0..<0
  private(set) var payload: Range<Int> = 0..<0
  private(set) var timeoutNanoseconds: Int64 = 0
  private(set) var metadata = Metadata()

  /// Reads an envelope; unknown fields are skipped, and of a repeated field the last one counts.
  init(decoding bytes: UnsafeRawBufferPointer) throws(EnvelopeError) {
    var reader = WireReader(bytes, range: 0..<bytes.count)
    while let (number, value) = try reader.next() {
      switch number {
      case 1: service = try value.range(field: 1)
      case 2: method = try value.range(field: 2)
      case 3: payload = try value.range(field: 3)
      case 4: timeoutNanoseconds = Int64(bitPattern: try value.integer(field: 4))
      case 5: try addMetadata(bytes, range: value.range(field: 5))
      default: break
      }
    }
  }

  private mutating func addMetadata(
    _ bytes: UnsafeRawBufferPointer, range: Range<Int>
  ) throws(EnvelopeError) {
    guard metadata.entries.count < Self.metadataCountMax else {
      throw .tooManyMetadataEntries(limit: Self.metadataCountMax)
    }
    var key = ""
    var text = ""
    var reader = WireReader(bytes, range: range)
    while let (number, value) = try reader.next() {
      guard number == 1 || number == 2 else { continue }
      guard let string = bytes.validString(try value.range(field: number)) else {
        throw .invalidUTF8(field: 5)
      }
      if number == 1 { key = string } else { text = string }
    }
    metadata.add(text, for: key)
  }
}

/// A request to be written, in the order in which its fields go out.
struct RequestHead {
  var service: String
  var method: String
  var timeoutNanoseconds: Int64 = 0
  var metadata = Metadata()

  /// The size of the body that carries `payloadBytes`.
  func bodyBytes(payloadBytes: Int) -> Int {
    var count = fieldByteCount(service.utf8.count) + fieldByteCount(method.utf8.count)
    if payloadBytes > 0 { count += fieldByteCount(payloadBytes) }
    if timeoutNanoseconds != 0 {
      count += 1 + varintByteCount(UInt64(bitPattern: timeoutNanoseconds))
    }
    for entry in metadata.entries { count += fieldByteCount(Self.contentBytes(entry)) }
    return count
  }

  /// Appends everything but the payload's bytes, which must follow.
  func write(into buffer: inout ByteBuffer, payloadBytes: Int) {
    precondition(!service.isEmpty && !method.isEmpty, "service '\(service)' method '\(method)'")
    buffer.writeStringField(1, service)
    buffer.writeStringField(2, method)
    buffer.writeVarintField(4, timeoutNanoseconds)
    for entry in metadata.entries {
      buffer.writeFieldHead(5, contentBytes: Self.contentBytes(entry))
      buffer.writeStringField(1, entry.key)
      buffer.writeStringField(2, entry.value)
    }
    // The payload comes last, so that its bytes need not pass through this buffer.
    if payloadBytes > 0 { buffer.writeFieldHead(3, contentBytes: payloadBytes) }
  }

  private static func contentBytes(_ entry: Metadata.Entry) -> Int {
    let key = entry.key.utf8.count
    let value = entry.value.utf8.count
    return (key > 0 ? fieldByteCount(key) : 0) + (value > 0 ? fieldByteCount(value) : 0)
  }
}
