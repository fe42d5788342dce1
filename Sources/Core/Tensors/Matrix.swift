/// A dense row-major matrix `[rowCount, columnCount]`, immutable after creation and free to share.
///
/// The elements live in one contiguous block. A copy of the value shares the block, so passing a
/// matrix costs a reference count. A matrix can adopt memory that somebody else owns, for example
/// a received message, without copying it.
package struct Matrix<Scalar: BLASScalar>: Sendable {
  /// The number of rows.
  package let rowCount: Int
  /// The number of columns.
  package let columnCount: Int
  private let block: MatrixBlock<Scalar>

  /// Creates a matrix whose elements `body` writes; the buffer is zero-filled before.
  package init<Failure: Error>(
    rowCount: Int, columnCount: Int,
    initializingWith body: (UnsafeMutableBufferPointer<Scalar>) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(rowCount >= 0 && columnCount >= 0, "negative shape [\(rowCount), \(columnCount)]")
    self.rowCount = rowCount
    self.columnCount = columnCount
    let elements = UnsafeMutableBufferPointer<Scalar>.allocate(capacity: rowCount * columnCount)
    elements.initialize(repeating: 0)
    block = MatrixBlock(allocated: elements)
    try body(elements)
  }

  /// Creates a matrix from `elements` in row-major order.
  package init(rowCount: Int, columnCount: Int, elements: [Scalar]) {
    precondition(
      elements.count == rowCount * columnCount,
      "\(elements.count) elements for the shape [\(rowCount), \(columnCount)]")
    self.init(rowCount: rowCount, columnCount: columnCount) { buffer in
      _ = buffer.update(fromContentsOf: elements)
    }
  }

  /// Adopts `elements`, which `owner` keeps alive and nobody changes any more.
  ///
  /// Nothing is copied.
  package init(
    rowCount: Int, columnCount: Int, adopting elements: UnsafeBufferPointer<Scalar>,
    owner: any AnyObject & Sendable
  ) {
    precondition(
      elements.count == rowCount * columnCount,
      "\(elements.count) elements for the shape [\(rowCount), \(columnCount)]")
    self.rowCount = rowCount
    self.columnCount = columnCount
    block = MatrixBlock(borrowed: elements, owner: owner)
  }

  /// The number of elements.
  package var count: Int { rowCount * columnCount }

  /// A copy of all elements in row-major order.
  ///
  /// Cost: one allocation of the whole matrix.
  package var elements: [Scalar] { withUnsafeBufferPointer { Array($0) } }

  /// Calls `body` with the elements in row-major order; the pointer is valid inside `body` only.
  package func withUnsafeBufferPointer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Scalar>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(block) {} }
    return try body(block.elements)
  }

  /// The element at `row` and `column`.
  ///
  /// For single look-ups: loops take the buffer pointer.
  package subscript(row: Int, column: Int) -> Scalar {
    precondition(row >= 0 && row < rowCount, "row \(row) of \(rowCount)")
    precondition(column >= 0 && column < columnCount, "column \(column) of \(columnCount)")
    return withUnsafeBufferPointer { $0[row * columnCount + column] }
  }

  /// A copy of one row.
  package func row(_ row: Int) -> [Scalar] {
    precondition(row >= 0 && row < rowCount, "row \(row) of \(rowCount)")
    return withUnsafeBufferPointer { Array($0[row * columnCount..<(row + 1) * columnCount]) }
  }

  /// The matrix of the rows at `rows`, in that order; an index may appear more than once.
  package func selecting(rows: [Int]) -> Matrix {
    withUnsafeBufferPointer { source in
      Matrix(rowCount: rows.count, columnCount: columnCount) { target in
        for (position, row) in rows.enumerated() {
          precondition(row >= 0 && row < rowCount, "row \(row) of \(rowCount)")
          for column in 0..<columnCount {
            target[position * columnCount + column] = source[row * columnCount + column]
          }
        }
      }
    }
  }
}

extension Matrix: Equatable {
  package static func == (lhs: Matrix, rhs: Matrix) -> Bool {
    guard lhs.rowCount == rhs.rowCount, lhs.columnCount == rhs.columnCount else { return false }
    return lhs.withUnsafeBufferPointer { left in
      rhs.withUnsafeBufferPointer { right in left.elementsEqual(right) }
    }
  }
}

/// The memory of a matrix: allocated by it, or borrowed from an owner that it keeps alive.
///
/// Safety of `@unchecked Sendable`: after `init` the elements are only read, and both stored
/// properties are constants.
private final class MatrixBlock<Scalar: BLASScalar>: @unchecked Sendable {
  let elements: UnsafeBufferPointer<Scalar>
  private let owner: (any AnyObject & Sendable)?

  init(allocated elements: UnsafeMutableBufferPointer<Scalar>) {
    self.elements = UnsafeBufferPointer(elements)
    owner = nil
  }

  init(borrowed elements: UnsafeBufferPointer<Scalar>, owner: any AnyObject & Sendable) {
    self.elements = elements
    self.owner = owner
  }

  deinit {
    if owner == nil { elements.deallocate() }
  }
}
