private import CKernels

/// The right-hand side of products, in the order in which one version of the kernels reads it.
///
/// Memory: that of the matrix, with the number of columns rounded up to 8, 16 or 32.
package struct PackedMatrix: Sendable {
  /// The version that it was packed for.
  package let path: KernelPath
  /// The inner dimension of products with it.
  package let rowCount: Int
  /// The number of columns of products with it.
  package let columnCount: Int
  private let block: Block

  /// Packs the transposes of `weights`, side by side: `[n₁ + n₂ + …, k]ᵀ → [k, n₁ + n₂ + …]`.
  ///
  /// Linear layers store their weights as `[outputs, inputs]`.
  package init(transposing weights: [Matrix<Float>], path: KernelPath) {
    precondition(path.isSupported, "this processor does not run the \(path.rawValue) kernels")
    let rows = weights.first?.columnCount ?? 0
    let columns = weights.reduce(0) { $0 + $1.rowCount }
    precondition(
      weights.allSatisfy { $0.columnCount == rows }, "weights with different numbers of columns")
    self.path = path
    rowCount = rows
    columnCount = columns
    let joined =
      weights.count == 1
      ? weights[0]
      : Matrix<Float>(rowCount: columns, columnCount: rows) { buffer in
        var offset = 0
        for matrix in weights {
          matrix.withUnsafeBufferPointer { source in
            _ = UnsafeMutableBufferPointer(rebasing: buffer[offset...]).update(
              fromContentsOf: source)
          }
          offset += matrix.count
        }
      }
    block = Block(count: kernels_packed_count(path.number, columns, rows))
    joined.withUnsafeBufferPointer { source in
      guard let source = source.baseAddress else { return }
      kernels_pack_transposed(path.number, columns, rows, source, rows, block.start)
    }
  }

  /// The product of `[rowCount, k]` with this matrix, finished by `epilogue`, written to `c`.
  ///
  /// `a`, `c` and a residual have the row strides `lda`, `ldc` and `ldr`. Each element is one chain
  /// of additions in order, so a row's result does not depend on the other rows.
  package func product(
    rowCount: Int, a: UnsafePointer<Float>, lda: Int, epilogue: Epilogue,
    c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    var kind = Int32(KERNELS_STORE)
    var bias: UnsafePointer<Float>?
    var residual: UnsafePointer<Float>?
    var ldr = 0
    switch epilogue {
    case .store: break
    case .bias(let values): (kind, bias) = (Int32(KERNELS_BIAS), values)
    case .gelu(let values): (kind, bias) = (Int32(KERNELS_GELU), values)
    case .residual(let values, let added, let stride):
      (kind, bias, residual, ldr) = (Int32(KERNELS_RESIDUAL), values, added, stride)
    }
    kernels_gemm(
      path.number, rowCount, columnCount, self.rowCount, a, lda, block.start, kind, bias, residual,
      ldr, c, ldc)
  }

  /// What a product does with its sums before it stores them.
  package enum Epilogue {
    /// Nothing.
    case store
    /// Adds a bias for each column.
    case bias(UnsafePointer<Float>)
    /// Adds a bias and applies GELU by the error function.
    case gelu(UnsafePointer<Float>)
    /// Adds a bias and a matrix with its row stride; it may be the result's memory.
    case residual(UnsafePointer<Float>, UnsafePointer<Float>, stride: Int)
  }

  /// Safety of `@unchecked Sendable`: written once, before the value is shared.
  private final class Block: @unchecked Sendable {
    let start: UnsafeMutablePointer<Float>

    init(count: Int) {
      // Panels start at cache lines.
      start = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
        .bindMemory(to: Float.self, capacity: max(count, 1))
    }

    deinit { UnsafeMutableRawPointer(start).deallocate() }
  }
}
