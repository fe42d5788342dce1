extension Matrix {
  /// The product `self · otherᵀ`: `[m, k] · [n, k]ᵀ → [m, n]`.
  ///
  /// Cost: `2 m n k` operations.
  package func multiplied(byTransposeOf other: Matrix) -> Matrix {
    precondition(
      columnCount == other.columnCount,
      "inner dimensions \(columnCount) and \(other.columnCount) differ")
    return product(
      with: other, transposeA: false, transposeB: true, m: rowCount, n: other.rowCount,
      k: columnCount)
  }

  /// The product `self · other`: `[m, k] · [k, n] → [m, n]`.
  ///
  /// Cost: `2 m n k` operations.
  package func multiplied(by other: Matrix) -> Matrix {
    precondition(
      columnCount == other.rowCount,
      "inner dimensions \(columnCount) and \(other.rowCount) differ")
    return product(
      with: other, transposeA: false, transposeB: false, m: rowCount, n: other.columnCount,
      k: columnCount)
  }

  /// The product `selfᵀ · other`: `[k, m]ᵀ · [k, n] → [m, n]`.
  ///
  /// Cost: `2 m n k` operations.
  package func transposedMultiplied(by other: Matrix) -> Matrix {
    precondition(
      rowCount == other.rowCount, "inner dimensions \(rowCount) and \(other.rowCount) differ")
    return product(
      with: other, transposeA: true, transposeB: false, m: columnCount, n: other.columnCount,
      k: rowCount)
  }

  private func product(
    with other: Matrix, transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int
  ) -> Matrix {
    withUnsafeBufferPointer { a in
      other.withUnsafeBufferPointer { b in
        Matrix(rowCount: m, columnCount: n) { c in
          guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress, k > 0 else {
            return
          }
          Scalar.gemm(
            transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: 1, a: a,
            lda: max(columnCount, 1), b: b, ldb: max(other.columnCount, 1), beta: 0, c: c, ldc: n)
        }
      }
    }
  }
}
