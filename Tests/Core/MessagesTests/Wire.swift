/// Writes fields as they stand on the wire, right or wrong.
struct Wire {
  private(set) var bytes: [UInt8] = []

  static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func tag(_ number: Int, _ wireType: Int) -> [UInt8] {
    varint(UInt64(number << 3 | wireType))
  }

  mutating func varint(_ number: Int, _ value: UInt64) {
    bytes += Self.tag(number, 0) + Self.varint(value)
  }

  mutating func block(_ number: Int, _ content: [UInt8]) {
    bytes += Self.tag(number, 2) + Self.varint(UInt64(content.count)) + content
  }

  mutating func raw(_ content: [UInt8]) {
    bytes += content
  }

  static func block(_ number: Int, _ content: [UInt8]) -> [UInt8] {
    var wire = Wire()
    wire.block(number, content)
    return wire.bytes
  }

  static func varint(_ number: Int, _ value: UInt64) -> [UInt8] {
    var wire = Wire()
    wire.varint(number, value)
    return wire.bytes
  }
}
