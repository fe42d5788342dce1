internal import Gradients
internal import Tensors

/// What the daemon found wrong with its own arithmetic; it does not serve then.
package enum TeacherSelfCheckFailure: Error, Equatable, CustomStringConvertible {
  /// A product of OpenBLAS differs from plain loops.
  case product(expected: Double, actual: Double)
  /// The neighbour search differs from plain loops.
  case neighbors(kernel: String)
  /// The optimiser does not reach a known minimum.
  case optimum(expected: Double, actual: Double)

  /// What to do about it.
  package var description: String {
    switch self {
    case .product(let expected, let actual):
      "OpenBLAS computed \(actual) where plain loops give \(expected): its kernel does not suit "
        + "this processor; set OPENBLAS_CORETYPE (for example Haswell) and start again"
    case .neighbors(let kernel):
      "the neighbour kernel \(kernel) differs from plain loops: set kernel.path to a lower one "
        + "(portable, avx2) and start again"
    case .optimum(let expected, let actual):
      "the optimiser reached \(actual) instead of \(expected)"
    }
  }
}

/// Compares products, the neighbour search and a fit with known results.
///
/// Cost: under ten milliseconds.
func checkTeacherArithmetic() throws(TeacherSelfCheckFailure) {
  let (rows, columns) = (61, 35)
  // Small integers: every sum is exact, whatever its order.
  let left = Matrix<Float>(
    rowCount: rows, columnCount: columns,
    elements: (0..<rows * columns).map { Float(($0 * 7) % 13 - 6) })
  for (transposed, product) in [
    (false, left.multiplied(byTransposeOf: left)), (true, left.transposedMultiplied(by: left)),
  ] {
    for i in 0..<product.rowCount {
      for j in 0..<product.columnCount {
        let count = transposed ? rows : columns
        let expected = (0..<count).reduce(0.0) { sum, k in
          sum + Double(transposed ? left[k, i] * left[k, j] : left[i, k] * left[j, k])
        }
        guard Double(product[i, j]) == expected else {
          throw .product(expected: expected, actual: Double(product[i, j]))
        }
      }
    }
  }
  let found = NeighborBank(left).nearest(1, to: left)
  for row in 0..<rows {
    let length = left.row(row).reduce(0.0) { $0 + Double($1 * $1) }
    guard found.similarities[row] >= length else {
      throw .neighbors(kernel: "\(NeighborKernel.best)")
    }
  }
  // Two mirrored rows of opposite classes: the minimum over w of 2 log(1 + exp(-w)) + w² / 4.
  var loss = MultinomialLogisticLoss(
    features: Matrix(rowCount: 2, columnCount: 1, elements: [1, -1]), targets: .hard([0, 1]),
    classCount: 2, inversePenalty: 1)
  let minimum = LBFGS().minimize(from: [0, 0, 0, 0]) { loss.value(at: $0, gradient: &$1) }
  let expected = 0.875_717_7
  guard abs(minimum.value - expected) < 1e-4 else {
    throw .optimum(expected: expected, actual: minimum.value)
  }
}
