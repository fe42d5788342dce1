internal import Tensors

/// What the daemon found wrong with its own arithmetic; it does not serve then.
package enum SelfCheckFailure: Error, Equatable, CustomStringConvertible {
  /// A product of OpenBLAS differs from plain loops.
  case product(expected: Double, actual: Double)
  /// A neighbour kernel differs from plain loops.
  case neighbors(kernel: String)

  package var description: String {
    switch self {
    case .product(let expected, let actual):
      "OpenBLAS computed \(actual) where plain loops give \(expected): its kernel does not suit "
        + "this processor; set OPENBLAS_CORETYPE (for example Haswell) and start again"
    case .neighbors(let kernel):
      "the neighbour kernel \(kernel) differs from plain loops: set kernel.path to a lower one "
        + "(portable, avx2) and start again"
    }
  }
}

/// Compares products and the neighbour search with plain loops on small numbers.
///
/// Cost: under ten milliseconds.
package func checkProducts() throws(SelfCheckFailure) {
  let (rows, columns) = (97, 83)
  // Small integers: every sum is exact, whatever its order.
  func matrix(_ count: Int, _ step: Int) -> Matrix<Float> {
    Matrix(
      rowCount: count, columnCount: columns,
      elements: (0..<count * columns).map { Float(($0 * step) % 13 - 6) })
  }
  let left = matrix(rows, 7)
  let right = matrix(rows + 14, 5)
  let product = left.multiplied(byTransposeOf: right)
  for row in 0..<rows {
    let leftRow = left.row(row)
    var best = -Double.infinity
    for column in 0..<right.rowCount {
      let expected = zip(leftRow, right.row(column)).reduce(0.0) {
        $0 + Double($1.0) * Double($1.1)
      }
      best = max(best, expected)
      let actual = Double(product[row, column])
      guard actual == expected else { throw .product(expected: expected, actual: actual) }
    }
    let found = NeighborBank(right).nearest(1, to: left.selecting(rows: [row]))
    guard found.similarities == [best] else {
      throw .neighbors(kernel: "\(NeighborKernel.best)")
    }
  }
}
