internal import Tensors

/// Reads what `StateWriter` wrote, and refuses bytes that cannot be that.
struct StateReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether all bytes were read.
  var isAtEnd: Bool { position == bytes.count }

  mutating func integer() throws(RunStateError) -> Int {
    Int(Int64(bitPattern: try element(UInt64.self).littleEndian))
  }

  mutating func double() throws(RunStateError) -> Double {
    Double(bitPattern: try element(UInt64.self).littleEndian)
  }

  mutating func string() throws(RunStateError) -> String {
    String(decoding: try elements(UInt8.self), as: UTF8.self)
  }

  mutating func floats() throws(RunStateError) -> [Float] { try elements(Float.self) }
  mutating func doubles() throws(RunStateError) -> [Double] { try elements(Double.self) }
  mutating func shortIntegers() throws(RunStateError) -> [Int32] { try elements(Int32.self) }
  mutating func integers() throws(RunStateError) -> [Int] {
    try elements(Int64.self).map { Int($0) }
  }

  /// A count of things that take at least `size` bytes each.
  mutating func count(ofSize size: Int) throws(RunStateError) -> Int {
    let count = try integer()
    guard count >= 0, count <= (bytes.count - position) / size else {
      throw .damaged(offset: position)
    }
    return count
  }

  mutating func matrix() throws(RunStateError) -> Matrix<Float> {
    let (rows, columns) = (try integer(), try integer())
    let elements = try floats()
    let (product, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, !overflow, product == elements.count else {
      throw .damaged(offset: position)
    }
    return Matrix(rowCount: rows, columnCount: columns, elements: elements)
  }

  private mutating func element<Value: BitwiseCopyable>(
    _: Value.Type
  ) throws(RunStateError) -> Value {
    let size = MemoryLayout<Value>.size
    guard bytes.count - position >= size else { throw .damaged(offset: position) }
    defer { position += size }
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: Value.self) }
  }

  private mutating func elements<Value: BitwiseCopyable>(
    _: Value.Type
  ) throws(RunStateError) -> [Value] {
    let size = MemoryLayout<Value>.stride
    let count = try count(ofSize: size)
    defer { position += count * size }
    return bytes.withUnsafeBytes { raw in
      (0..<count).map {
        raw.loadUnaligned(fromByteOffset: position + $0 * size, as: Value.self)
      }
    }
  }
}
