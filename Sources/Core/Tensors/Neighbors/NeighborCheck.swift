/// What a daemon found wrong with products or the neighbour search; it does not serve then.
package enum NeighborCheckFailure: Error, Equatable, CustomStringConvertible {
  /// A product of OpenBLAS differs from plain loops.
  case product(expected: Double, actual: Double)
  /// A neighbour kernel differs from plain loops.
  case neighbors(kernel: String)

  /// What is wrong and which variable chooses another way of computing.
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

/// Compares products and the neighbour search with plain loops on small integers.
///
/// Every sum of small integers is exact, whatever its order, so all comparisons are for equality.
/// Cost: under ten milliseconds.
package func checkNeighbors() throws(NeighborCheckFailure) {
  let (rows, columns) = (97, 83)
  func matrix(_ count: Int, _ step: Int) -> Matrix<Float> {
    Matrix(
      rowCount: count, columnCount: columns,
      elements: (0..<count * columns).map { Float(($0 * step) % 13 - 6) })
  }
  let left = matrix(rows, 7)
  let right = matrix(rows + 14, 5)
  let expected = plainProduct(left, right)
  try compare(left.multiplied(byTransposeOf: right), with: expected)
  try compare(left.transposedMultiplied(by: left), with: plainProduct(left.columns, left.columns))
  let bank = NeighborBank(right)
  let together = bank.nearest(1, to: left)
  for row in 0..<rows {
    let best = expected[row].max() ?? 0
    let alone = bank.nearest(1, to: left.selecting(rows: [row]))
    guard alone.similarities == [best], together.similarities[row] == best else {
      throw .neighbors(kernel: "\(NeighborKernel.best)")
    }
  }
}

private func plainProduct(_ left: Matrix<Float>, _ right: Matrix<Float>) -> [[Double]] {
  let rightRows = (0..<right.rowCount).map(right.row)
  return (0..<left.rowCount).map { index in
    let row = left.row(index)
    return rightRows.map { other in
      zip(row, other).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
  }
}

private func compare(
  _ product: Matrix<Float>, with expected: [[Double]]
) throws(NeighborCheckFailure) {
  for (row, numbers) in expected.enumerated() {
    for (column, number) in numbers.enumerated() where Double(product[row, column]) != number {
      throw .product(expected: number, actual: Double(product[row, column]))
    }
  }
}

extension Matrix<Float> {
  /// The transpose, copied.
  fileprivate var columns: Matrix<Float> {
    Matrix(rowCount: columnCount, columnCount: rowCount) { elements in
      for row in 0..<rowCount {
        for column in 0..<columnCount { elements[column * rowCount + row] = self[row, column] }
      }
    }
  }
}
