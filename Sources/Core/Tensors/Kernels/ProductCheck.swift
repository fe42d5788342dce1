/// Why this processor's products must not be trusted, with the largest difference from plain loops.
package enum ProductCheckFailure: Error, Equatable, CustomStringConvertible {
  /// OpenBLAS computes wrong products for the named precision.
  case blas(precision: String, difference: Double, limit: Double)
  /// A kernel of the named version is wrong.
  case kernel(path: KernelPath, function: String, difference: Double, limit: Double)
  /// This processor cannot run the version that was asked for.
  case unsupported(path: KernelPath, best: KernelPath)

  /// What is wrong and which variable chooses another way of computing.
  package var description: String {
    switch self {
    case .blas(let precision, let difference, let limit):
      """
      OpenBLAS's \(precision) matrix product differs from plain loops by \(difference) (limit \
      \(limit)): it has chosen a kernel that is wrong on this processor; set OPENBLAS_CORETYPE to \
      an older type, for example Haswell or Sandybridge
      """
    case .kernel(let path, let function, let difference, let limit):
      """
      the \(path.rawValue) kernel \(function) differs from plain loops by \(difference) (limit \
      \(limit)) on this processor; set kernel.path \
      (AUTODIDACT_KERNEL_PATH) to a lower version, for example portable
      """
    case .unsupported(let path, let best):
      """
      this processor cannot run the \(path.rawValue) kernels; the best it can run is \
      \(best.rawValue) (kernel.path, AUTODIDACT_KERNEL_PATH)
      """
    }
  }
}

/// Compares the products of OpenBLAS and the kernels of `path` with plain loops.
///
/// A daemon calls this once before it serves: OpenBLAS picks its kernels by the processor, and
/// older builds have computed wrong results on newer processors. Cost: a few milliseconds.
package func checkProducts(path: KernelPath) throws(ProductCheckFailure) {
  guard path.isSupported else { throw .unsupported(path: path, best: .best) }
  var numbers = CheckNumbers()
  for (m, n, k) in [(1, 1, 1), (7, 33, 5), (64, 96, 200), (130, 70, 65)] {
    let a = numbers.matrix(m, k)
    let b = numbers.matrix(n, k)
    let expected = plainProduct(a, b)
    try checkBLAS(a, b, expected)
    try checkKernels(path, a, b, expected)
  }
}

private func checkBLAS(
  _ a: Matrix<Double>, _ b: Matrix<Double>, _ expected: [Double]
) throws(ProductCheckFailure) {
  let single = Matrix<Float>(a).multiplied(byTransposeOf: Matrix<Float>(b)).elements.map(
    Double.init)
  let singleLimit = 1e-6 * Double(a.columnCount + 8)
  let singleDifference = largestDifference(single, expected)
  // The comparison is written so that NaN fails it.
  guard singleDifference <= singleLimit else {
    throw .blas(precision: "float32", difference: singleDifference, limit: singleLimit)
  }
  let double = a.multiplied(byTransposeOf: b).elements
  let doubleDifference = largestDifference(double, expected)
  guard doubleDifference <= 1e-11 else {
    throw .blas(precision: "float64", difference: doubleDifference, limit: 1e-11)
  }
}

private func checkKernels(
  _ path: KernelPath, _ a: Matrix<Double>, _ b: Matrix<Double>, _ expected: [Double]
) throws(ProductCheckFailure) {
  let limit = 1e-6 * Double(a.columnCount + 8)
  let packed = PackedMatrix(transposing: [Matrix<Float>(b)], path: path)
  let product = Matrix<Float>(rowCount: a.rowCount, columnCount: b.rowCount) { c in
    Matrix<Float>(a).withUnsafeBufferPointer { a in
      guard let a = a.baseAddress, let c = c.baseAddress else { return }
      packed.product(
        rowCount: expected.count / b.rowCount, a: a, lda: packed.rowCount, epilogue: .store, c: c,
        ldc: b.rowCount)
    }
  }
  let difference = largestDifference(product.elements.map(Double.init), expected)
  guard difference <= limit else {
    throw .kernel(path: path, function: "gemm", difference: difference, limit: limit)
  }
  var row = expected.prefix(b.rowCount).map { Float($0) }
  let weights = softmaxByLoops(row.map { Double($0) })
  row.withUnsafeMutableBufferPointer { row in
    guard let start = row.baseAddress else { return }
    path.softmax(rowCount: 1, columnCount: row.count, scale: 1, x: start, ldx: row.count)
  }
  let softmaxDifference = largestDifference(row.map { Double($0) }, weights)
  guard softmaxDifference <= 1e-6 else {
    throw .kernel(path: path, function: "softmax", difference: softmaxDifference, limit: 1e-6)
  }
}

private func plainProduct(_ a: Matrix<Double>, _ b: Matrix<Double>) -> [Double] {
  let (left, right) = (a.elements, b.elements)
  let k = a.columnCount
  return (0..<a.rowCount).flatMap { i in
    (0..<b.rowCount).map { j in
      (0..<k).reduce(0) { $0 + left[i * k + $1] * right[j * k + $1] }
    }
  }
}

private func softmaxByLoops(_ row: [Double]) -> [Double] {
  let top = row.max() ?? 0
  // Powers of e by its series: this module does without a mathematics library.
  let powers = row.map { value in
    var (term, sum) = (1.0, 1.0)
    for index in 1..<60 {
      term *= (value - top) / 16 / Double(index)
      sum += term
    }
    return (0..<4).reduce(sum) { power, _ in power * power }
  }
  let total = powers.reduce(0, +)
  return powers.map { $0 / total }
}

private func largestDifference(_ found: [Double], _ expected: [Double]) -> Double {
  zip(found, expected).reduce(0) { worst, pair in
    let difference = (pair.0 - pair.1).magnitude
    return difference.isNaN ? .infinity : max(worst, difference)
  }
}

/// Numbers between -1 and 1 that float32 holds exactly, the same at each start.
private struct CheckNumbers {
  private var state: UInt32 = 12_345

  mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix<Double> {
    Matrix(rowCount: rows, columnCount: columns) { elements in
      for index in elements.indices {
        state = state &* 1_664_525 &+ 1_013_904_223
        elements[index] = Double(Int32(state >> 16) - 32_768) / 32_768
      }
    }
  }
}

extension Matrix<Float> {
  fileprivate init(_ matrix: Matrix<Double>) {
    self.init(
      rowCount: matrix.rowCount, columnCount: matrix.columnCount,
      elements: matrix.elements.map { Float($0) })
  }
}
