/// Compares the products of weights in each format with plain loops, on small integers.
///
/// The blocks' scales are 1 and each block of activations has the magnitude 127 twice, one of which
/// is kept apart, so rounding to bytes changes nothing and every sum is exact whatever its order:
/// comparisons are for equality.
/// Cost: under ten milliseconds.
package func checkDecoderProducts(path: KernelPath) throws(ProductCheckFailure) {
  guard path.isSupported else { throw .unsupported(path: path, best: .best) }
  let pool = WorkerPool(name: "check", threadCount: 1)
  let (rows, columns) = (37, 96)
  for format in WeightFormat.allCases {
    var values: [Int] = []
    for index in 0..<rows * columns { values.append((index * 7 + index / 11) % 16 - 8) }
    let bytes = encoded(values, format)
    let matrix = bytes.withUnsafeBytes {
      QuantizedMatrix(
        $0, format: format, rowCount: rows, columnCount: columns, path: path, pool: pool)
    }
    for tokens in [1, 3, 8, 17] {
      var activations: [Float] = []
      for index in 0..<tokens * columns {
        let number = (index * 5 + index / 13) % 255 - 127
        activations.append(index % 32 < 2 ? 127 : Float(number))
      }
      let product = product(matrix, of: activations, tokens)
      var difference = 0.0
      for token in 0..<tokens {
        for row in 0..<rows {
          var sum = 0.0
          for column in 0..<columns {
            let weight = Double(values[row * columns + column])
            sum += weight * Double(activations[token * columns + column])
          }
          difference = max(difference, (Double(product[token * rows + row]) - sum).magnitude)
        }
      }
      guard difference == 0 else {
        throw .kernel(
          path: path, function: "product of \(format)", difference: difference, limit: 0)
      }
    }
  }
}

/// The product `[tokens, rows]`.
private func product(
  _ matrix: QuantizedMatrix, of activations: [Float], _ tokens: Int
) -> [Float] {
  let byteCount = KernelPath.activationByteCount(
    tokenCount: tokens, columnCount: matrix.columnCount)
  let bytes = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
  defer { bytes.deallocate() }
  var product = [Float](repeating: .nan, count: tokens * matrix.rowCount)
  activations.withUnsafeBufferPointer { activations in
    product.withUnsafeMutableBufferPointer { product in
      guard let values = activations.baseAddress, let out = product.baseAddress else { return }
      for token in 0..<tokens {
        matrix.path.quantize(
          values + token * matrix.columnCount, columns: 0..<matrix.columnCount,
          of: matrix.columnCount, token: token, of: tokens, to: bytes)
      }
      matrix.product(
        panels: 0..<matrix.panelCount,
        of: QuantizedMatrix.Activations(
          count: tokens, values: values, stride: matrix.columnCount, bytes: bytes),
        adds: false, to: out, stride: matrix.rowCount)
    }
  }
  return product
}

/// The bytes of small integers, −8 to 7, in a format; scales are 1.
private func encoded(_ values: [Int], _ format: WeightFormat) -> [UInt8] {
  func little(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
  let one = little(Float16(1).bitPattern)
  switch format {
  case .f32: return values.flatMap { little(Float($0).bitPattern) }
  case .f16: return values.flatMap { little(Float16($0).bitPattern) }
  case .bf16: return values.flatMap { little(UInt16(Float($0).bitPattern >> 16)) }
  case .q8_0, .q4_0, .q4_1:
    var bytes: [UInt8] = []
    for first in stride(from: 0, to: values.count, by: 32) {
      bytes += one
      if format == .q8_0 {
        bytes += values[first..<first + 32].map { UInt8(bitPattern: Int8($0)) }
        continue
      }
      if format == .q4_1 { bytes += little(Float16(-8).bitPattern) }
      for index in first..<first + 16 {
        bytes.append(UInt8(values[index] + 8) | UInt8(values[index + 16] + 8) << 4)
      }
    }
    return bytes
  }
}
