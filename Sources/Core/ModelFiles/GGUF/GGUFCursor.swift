/// Reads little-endian numbers and texts of a GGUF file one after the other, never past its end.
struct GGUFCursor {
  private let bytes: UnsafeRawBufferPointer
  /// Where the next field starts.
  private(set) var offset: Int

  init(_ bytes: UnsafeRawBufferPointer, offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  /// The bytes after the offset.
  var remaining: Int { bytes.count - offset }

  /// Reads one number.
  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type, _ field: @autoclosure () -> String
  ) throws(GGUFError) -> Number {
    let range = try skip(UInt64(MemoryLayout<Number>.size), field())
    return Number(
      littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Number.self))
  }

  /// Passes over bytes and returns where they are.
  mutating func skip(
    _ count: UInt64, _ field: @autoclosure () -> String
  ) throws(GGUFError) -> Range<Int> {
    guard count <= UInt64(remaining) else {
      throw .truncated(field: field(), offset: offset, needed: count, remaining: remaining)
    }
    defer { offset += Int(count) }
    return offset..<offset + Int(count)
  }

  /// Passes over a text with its length and returns where its bytes are.
  mutating func textRange(_ field: @autoclosure () -> String) throws(GGUFError) -> Range<Int> {
    let count = try number(UInt64.self, "the length of " + field())
    return try skip(count, field())
  }

  /// Reads a name of at most `limit` bytes.
  mutating func name(
    limit: UInt64, _ field: @autoclosure () -> String
  ) throws(GGUFError) -> String {
    let count = try number(UInt64.self, "the length of " + field())
    guard count <= limit else {
      throw .limit(field: "the length of " + field(), value: count, limit: limit)
    }
    return try text(at: try skip(count, field()), field())
  }

  /// The text whose bytes are at `range`.
  func text(
    at range: Range<Int>, _ field: @autoclosure () -> String
  ) throws(GGUFError) -> String {
    guard
      let text = String(validating: UnsafeRawBufferPointer(rebasing: bytes[range]), as: UTF8.self)
    else { throw .notUTF8(field: field()) }
    return text
  }
}
