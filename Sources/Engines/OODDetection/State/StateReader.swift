internal import Tensors

/// Reads the state of a detector; every count is checked against the bytes that are left.
package struct StateReader {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  /// Reads from `bytes`, which outlive the reader.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The bytes that are left.
  var remainingCount: Int { bytes.count - offset }

  private mutating func take(_ count: Int) throws(StateError) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remainingCount else {
      throw .truncated(offset: offset, needed: count, available: remainingCount)
    }
    defer { offset += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  mutating func unsigned() throws(StateError) -> UInt64 {
    UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
  }

  /// A count or a size, which is not negative.
  mutating func count() throws(StateError) -> Int {
    let value = try unsigned()
    guard value <= UInt64(Int32.max) * 1024 else { throw .inconsistent("count \(value)") }
    return Int(value)
  }

  mutating func integer() throws(StateError) -> Int {
    Int(Int64(bitPattern: try unsigned()))
  }

  mutating func double() throws(StateError) -> Double {
    Double(bitPattern: try unsigned())
  }

  mutating func float() throws(StateError) -> Float {
    let value = Float(try double())
    guard value.isFinite else { throw .inconsistent("a number is not finite") }
    return value
  }

  mutating func text() throws(StateError) -> String {
    let bytes = try take(try count())
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .inconsistent("a text is not UTF-8")
    }
    return text
  }

  mutating func raw(_ count: Int) throws(StateError) -> [UInt8] { Array(try take(count)) }

  mutating func floats() throws(StateError) -> [Float] {
    let count = try count()
    return try matrix(rowCount: 1, columnCount: count).elements
  }

  mutating func matrix() throws(StateError) -> Matrix<Float> {
    let rows = try count()
    let columns = try count()
    return try matrix(rowCount: rows, columnCount: columns)
  }

  private mutating func matrix(
    rowCount: Int, columnCount: Int
  ) throws(StateError) -> Matrix<Float> {
    let (count, overflow) = rowCount.multipliedReportingOverflow(by: columnCount)
    guard !overflow, count <= remainingCount / 4 else {
      throw .truncated(
        offset: offset, needed: overflow ? .max : count, available: remainingCount / 4)
    }
    let source = try take(count * 4)
    let matrix = Matrix<Float>(rowCount: rowCount, columnCount: columnCount) { target in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
    }
    guard matrix.firstNonFinite() == nil else { throw .inconsistent("a number is not finite") }
    return matrix
  }
}
