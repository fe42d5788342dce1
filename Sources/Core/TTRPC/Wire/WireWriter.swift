import NIOCore

/// The number of bytes that `value` takes as a varint.
func varintByteCount(_ value: UInt64) -> Int {
  value == 0 ? 1 : (64 - value.leadingZeroBitCount + 6) / 7
}

/// The number of bytes of a length-delimited field with a one-byte tag.
func fieldByteCount(_ contentBytes: Int) -> Int {
  1 + varintByteCount(UInt64(contentBytes)) + contentBytes
}

extension ByteBuffer {
  /// Appends a varint.
  mutating func writeVarint(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      writeInteger(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    writeInteger(UInt8(value))
  }

  /// Appends the tag and the length of a length-delimited field below number 16.
  mutating func writeFieldHead(_ number: UInt8, contentBytes: Int) {
    writeInteger(number << 3 | 2)
    writeVarint(UInt64(contentBytes))
  }

  /// Appends a string field below number 16; an empty string is left out, as proto3 says.
  mutating func writeStringField(_ number: UInt8, _ value: String) {
    let count = value.utf8.count
    guard count > 0 else { return }
    writeFieldHead(number, contentBytes: count)
    writeString(value)
  }

  /// Appends a varint field below number 16; zero is left out, as proto3 says.
  mutating func writeVarintField(_ number: UInt8, _ value: Int64) {
    guard value != 0 else { return }
    writeInteger(number << 3)
    writeVarint(UInt64(bitPattern: value))
  }
}
