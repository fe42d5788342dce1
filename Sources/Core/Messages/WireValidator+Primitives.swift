import CProtobufC

private import Glibc

/// How a field is written, the lower three bits of its tag; proto3 has no groups.
enum WireType: UInt64 {
  case varint = 0
  case fixed64 = 1
  case lengthDelimited = 2
  case fixed32 = 5
}

/// What a varint may hold.
enum VarintRange {
  case any64, signed32, unsigned32, boolean, enumeration
}

/// How the values of a field that is no message are written.
enum ScalarKind {
  case fixed(Int)
  case varint(VarintRange)
  case string
  case bytes

  init(_ type: ProtobufCType) {
    switch type {
    case PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64:
      self = .fixed(8)
    case PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32:
      self = .fixed(4)
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_SINT64:
      self = .varint(.any64)
    case PROTOBUF_C_TYPE_INT32:
      self = .varint(.signed32)
    case PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_SINT32:
      self = .varint(.unsigned32)
    case PROTOBUF_C_TYPE_BOOL:
      self = .varint(.boolean)
    case PROTOBUF_C_TYPE_ENUM:
      self = .varint(.enumeration)
    case PROTOBUF_C_TYPE_STRING:
      self = .string
    case PROTOBUF_C_TYPE_BYTES:
      self = .bytes
    default:
      preconditionFailure("type \(type.rawValue) is no scalar")
    }
  }

  var isPackable: Bool {
    switch self {
    case .fixed, .varint: true
    case .string, .bytes: false
    }
  }

  var wireType: WireType {
    switch self {
    case .fixed(let size): size == 8 ? .fixed64 : .fixed32
    case .varint: .varint
    case .string, .bytes: .lengthDelimited
    }
  }
}

extension WireValidator {
  /// The field number and wire type at the position.
  mutating func tag(
    _ message: UnsafePointer<ProtobufCMessageDescriptor>, upTo end: Int
  ) throws(MessageError) -> (number: UInt32, wireType: WireType) {
    let start = position
    let value = try varint(message, start: start, upTo: end)
    // Field numbers have 29 bits; protobuf-c reads at most five bytes.
    guard position - start <= 5, value <= UInt64(UInt32.max), value >> 3 > 0,
      let wireType = WireType(rawValue: value & 7)
    else {
      throw .invalidTag(message: name(message), byteOffset: start)
    }
    return (UInt32(value >> 3), wireType)
  }

  /// The length at the position, which the bytes up to `end` can hold.
  mutating func length(
    _ message: UnsafePointer<ProtobufCMessageDescriptor>, start: Int, upTo end: Int
  ) throws(MessageError) -> Int {
    let first = position
    let value = try varint(message, start: start, upTo: end)
    guard position - first <= 5, value <= UInt64(end - position) else {
      throw .truncated(message: name(message), byteOffset: start)
    }
    return Int(value)
  }

  mutating func skip(
    _ count: Int, _ message: UnsafePointer<ProtobufCMessageDescriptor>, start: Int, upTo end: Int
  ) throws(MessageError) {
    guard count <= end - position else {
      throw .truncated(message: name(message), byteOffset: start)
    }
    position += count
  }

  /// The varint at the position, of the field that starts at `start`.
  mutating func varint(
    _ message: UnsafePointer<ProtobufCMessageDescriptor>, start: Int, upTo end: Int
  ) throws(MessageError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      // The tenth byte has room for one bit and must be the last.
      guard shift < 63 || byte <= 1 else {
        throw .invalidVarint(message: name(message), byteOffset: start)
      }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw .truncated(message: name(message), byteOffset: start)
  }
}

/// The offset of the first NUL in `bytes`, or nil.
func firstNUL(_ bytes: UnsafeRawBufferPointer) -> Int? {
  guard let start = bytes.baseAddress, let found = memchr(start, 0, bytes.count) else {
    return nil
  }
  return UnsafeRawPointer(found) - start
}
