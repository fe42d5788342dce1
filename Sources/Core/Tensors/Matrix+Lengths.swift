extension Matrix where Scalar == Float {
  /// The Euclidean length of each row, accumulated in double.
  package func rowLengths() -> [Double] { squaredRowLengths().map { $0.squareRoot() } }

  /// The squared Euclidean length of each row, accumulated in double in the order of the
  /// similarities of `NeighborBank`.
  package func squaredRowLengths() -> [Double] {
    let width = columnCount
    return withUnsafeBufferPointer { elements in
      guard let base = elements.baseAddress else { return [Double](repeating: 0, count: rowCount) }
      return (0..<rowCount).map { row in
        let values = base + row * width
        return exactInnerProduct(values, values, count: width)
      }
    }
  }

  /// The rows divided by their lengths, which are taken as at least `1e-12`: a zero row stays zero.
  ///
  /// Cost: one matrix of the same shape.
  package func normalizedRows() -> Matrix<Float> {
    let lengths = rowLengths()
    let width = columnCount
    return withUnsafeBufferPointer { source in
      Matrix(rowCount: rowCount, columnCount: width) { target in
        for (row, length) in lengths.enumerated() {
          let scale = 1 / max(length, 1e-12)
          for index in row * width..<(row + 1) * width {
            target[index] = Float(Double(source[index]) * scale)
          }
        }
      }
    }
  }

  /// The first element that is NaN or infinite.
  package func firstNonFinite() -> (row: Int, column: Int)? {
    guard let index = withUnsafeBufferPointer({ $0.firstIndex(where: { !$0.isFinite }) }) else {
      return nil
    }
    return (index / columnCount, index % columnCount)
  }
}
