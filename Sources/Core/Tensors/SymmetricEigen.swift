private import COpenBLAS

/// The eigendecomposition `A = V · diag(λ) · Vᵀ` of a symmetric matrix, in double precision.
///
/// Cost: about `9 n³` operations and `3 n²` doubles. Deterministic for one BLAS thread count.
package struct SymmetricEigen: Sendable {
  /// The eigenvalues `[n]`, ascending.
  package let eigenvalues: [Double]
  /// The eigenvectors `[n, n]`: row `i` belongs to `eigenvalues[i]`.
  package let eigenvectors: Matrix<Double>

  /// What the eigensolver can refuse.
  package enum Failure: Error, Equatable {
    /// The solver did not converge; LAPACK's `info`.
    case notConverged(info: Int)
  }

  /// Decomposes `matrix`, of which only the lower triangle is read.
  package init(_ matrix: Matrix<Double>) throws(Failure) {
    precondition(
      matrix.rowCount == matrix.columnCount,
      "[\(matrix.rowCount), \(matrix.columnCount)] is not square")
    let n = matrix.rowCount
    var vectors = matrix.elements
    var values = [Double](repeating: 0, count: n)
    guard n > 0 else {
      eigenvalues = []
      eigenvectors = matrix
      return
    }
    var order = Int32(n)
    var info: Int32 = 0
    var workCount = Int32(1 + 6 * n + 2 * n * n)
    var integerWorkCount = Int32(3 + 5 * n)
    var work = [Double](repeating: 0, count: Int(workCount))
    var integerWork = [Int32](repeating: 0, count: Int(integerWorkCount))
    var leading = order
    // Row-major lower is column-major upper; the eigenvectors come back as columns, that is, as
    // rows of the row-major reading.
    dsyevd_(
      "V", "U", &order, &vectors, &leading, &values, &work, &workCount, &integerWork,
      &integerWorkCount, &info, 1, 1)
    guard info == 0 else { throw .notConverged(info: Int(info)) }
    eigenvalues = values
    eigenvectors = Matrix(rowCount: n, columnCount: n, elements: vectors)
  }
}
