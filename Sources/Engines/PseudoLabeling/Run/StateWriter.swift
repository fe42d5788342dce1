internal import Tensors

/// Writes the state of a run as bytes: little-endian, counts before arrays.
struct StateWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: Int) { append(UInt64(bitPattern: Int64(value))) }
  mutating func append(_ value: Double) { append(value.bitPattern) }

  mutating func append(_ value: UInt64) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ value: String) {
    append(value.utf8.count)
    bytes.append(contentsOf: value.utf8)
  }

  mutating func append(_ values: [Float]) {
    append(values.count)
    values.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ values: [Int32]) {
    append(values.count)
    values.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ values: [Double]) {
    append(values.count)
    values.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ values: [Int]) {
    append(values.count)
    for value in values { append(value) }
  }

  mutating func append(_ matrix: Matrix<Float>) {
    append(matrix.rowCount)
    append(matrix.columnCount)
    append(matrix.elements)
  }
}
