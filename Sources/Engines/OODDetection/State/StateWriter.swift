internal import Tensors

/// Writes the state of a detector: little-endian numbers, counted strings and arrays.
package struct StateWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  mutating func append(_ value: Int) { append(UInt64(bitPattern: Int64(value))) }

  mutating func append(_ value: Double) { append(value.bitPattern) }

  mutating func append(_ value: Float) { append(Double(value)) }

  mutating func append(_ text: String) {
    append(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func append(_ values: [Float]) {
    append(values.count)
    values.withUnsafeBytes { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ matrix: Matrix<Float>) {
    append(matrix.rowCount)
    append(matrix.columnCount)
    matrix.withUnsafeBufferPointer { bytes.append(contentsOf: UnsafeRawBufferPointer($0)) }
  }

  mutating func append(raw: [UInt8]) { bytes.append(contentsOf: raw) }
}
