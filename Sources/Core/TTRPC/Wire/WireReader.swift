/// What is wrong with an envelope that a peer sent.
enum EnvelopeError: Error, Equatable {
  /// The bytes end inside a field.
  case truncated(field: UInt64)
  /// A varint is longer than ten bytes, or a tag has no field number.
  case malformedVarint
  /// A known field has another wire type than the protocol says.
  case wireType(field: UInt64, found: UInt8)
  /// A string is not UTF-8.
  case invalidUTF8(field: UInt64)
  /// There are more metadata pairs than allowed.
  case tooManyMetadataEntries(limit: Int)

  /// The defect in words that a caller may read.
  var description: String {
    switch self {
    case .truncated(let field): "field \(field) is cut off"
    case .malformedVarint: "a varint is malformed"
    case .wireType(let field, let found): "field \(field) has wire type \(found)"
    case .invalidUTF8(let field): "field \(field) is not UTF-8"
    case .tooManyMetadataEntries(let limit): "more than \(limit) metadata entries"
    }
  }
}

/// Walks over the fields of one protobuf message in place.
struct WireReader {
  /// The value of a field.
  enum Value {
    case varint(UInt64)
    case bytes(Range<Int>)
    case skipped(wireType: UInt8)

    /// The wire type as the number in the tag.
    var wireType: UInt8 {
      switch self {
      case .varint: 0
      case .bytes: 2
      case .skipped(let wireType): wireType
      }
    }
  }

  private let bytes: UnsafeRawBufferPointer
  private var position: Int
  private let end: Int

  init(_ bytes: UnsafeRawBufferPointer, range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// Reads the next field, or nil at the end of the message.
  mutating func next() throws(EnvelopeError) -> (number: UInt64, value: Value)? {
    guard position < end else { return nil }
    let tag = try varint(field: 0)
    let number = tag >> 3
    guard number > 0, number < 1 << 29 else { throw .malformedVarint }
    switch UInt8(tag & 7) {
    case 0: return (number, .varint(try varint(field: number)))
    case 1: return (number, .skipped(wireType: try skip(8, type: 1, field: number)))
    case 2:
      let count = try varint(field: number)
      guard count <= UInt64(end - position) else { throw .truncated(field: number) }
      let start = position
      position += Int(count)
      return (number, .bytes(start..<position))
    case 5: return (number, .skipped(wireType: try skip(4, type: 5, field: number)))
    case let type: throw .wireType(field: number, found: type)  // groups were never in use here
    }
  }

  private mutating func skip(
    _ count: Int, type: UInt8, field: UInt64
  ) throws(EnvelopeError) -> UInt8 {
    guard end - position >= count else { throw .truncated(field: field) }
    position += count
    return type
  }

  private mutating func varint(field: UInt64) throws(EnvelopeError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 {
        if shift == 63 && byte > 1 { throw .malformedVarint }
        return value
      }
      shift += 7
      if shift > 63 { throw .malformedVarint }
    }
    throw .truncated(field: field)
  }
}

extension WireReader.Value {
  /// The bytes of a length-delimited field.
  func range(field: UInt64) throws(EnvelopeError) -> Range<Int> {
    guard case .bytes(let range) = self else {
      throw .wireType(field: field, found: wireType)
    }
    return range
  }

  /// The value of a varint field.
  func integer(field: UInt64) throws(EnvelopeError) -> UInt64 {
    guard case .varint(let value) = self else {
      throw .wireType(field: field, found: wireType)
    }
    return value
  }
}

extension UnsafeRawBufferPointer {
  /// The string in `range`, or nil where it is not UTF-8.
  func validString(_ range: Range<Int>) -> String? {
    String(validating: self[range], as: UTF8.self)
  }
}
