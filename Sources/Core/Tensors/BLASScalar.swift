private import COpenBLAS

/// A scalar type with a matrix product in BLAS: `Float` and `Double`.
package protocol BLASScalar: BinaryFloatingPoint, Sendable {
  /// `C = α · op(A) · op(B) + β · C`, all row-major, `C` `[m, n]`, inner dimension `k`.
  ///
  /// Cost: `2 m n k` floating-point operations on the suite's BLAS threads. The result for one row
  /// may differ in its last bits between different `m`.
  static func gemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Self,
    a: UnsafePointer<Self>, lda: Int, b: UnsafePointer<Self>, ldb: Int, beta: Self,
    c: UnsafeMutablePointer<Self>, ldc: Int)
}

extension Float: BLASScalar {
  package static func gemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Float,
    a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int, beta: Float,
    c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    guard m > 0, n > 0 else { return }
    cblas_sgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
      transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), alpha, a,
      Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
  }
}

extension Double: BLASScalar {
  package static func gemm(
    transposeA: Bool, transposeB: Bool, m: Int, n: Int, k: Int, alpha: Double,
    a: UnsafePointer<Double>, lda: Int, b: UnsafePointer<Double>, ldb: Int, beta: Double,
    c: UnsafeMutablePointer<Double>, ldc: Int
  ) {
    guard m > 0, n > 0 else { return }
    cblas_dgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
      transposeB ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), alpha, a,
      Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
  }
}

/// Sets the number of threads of every later BLAS call of this process.
///
/// All daemons of the suite share one thread budget; a daemon calls this once, before its first
/// product.
package func setBLASThreadCount(_ count: Int) {
  precondition(count >= 1, "thread count \(count)")
  openblas_set_num_threads(Int32(count))
}

/// The number of threads that BLAS calls of this process use.
package func blasThreadCount() -> Int { max(Int(openblas_get_num_threads()), 1) }
