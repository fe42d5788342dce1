private import CKernels

/// Passes over one row of logits; NaN counts as −∞.
extension KernelPath {
  /// The greatest logit; −∞ where none is above it.
  package func maximum(_ logits: Span<Float>) -> Float {
    logits.withUnsafeBufferPointer { row in
      guard let start = row.baseAddress else { return -.infinity }
      return logitKernels.maximum(row.count, start)
    }
  }

  /// The first index of a logit equal to `value`; nil where there is none.
  package func firstIndex(of value: Float, in logits: Span<Float>) -> Int? {
    logits.withUnsafeBufferPointer { row in
      guard let start = row.baseAddress else { return nil }
      let index = logitKernels.find(row.count, start, value)
      return index < row.count ? index : nil
    }
  }

  /// `Σ exp(scale · (l − largest))`, where no logit is above `largest`, which is finite.
  ///
  /// Relative error below 2e-6; float32 exponentials, sums of 32 vectors in float32, then double.
  package func exponentialSum(_ logits: Span<Float>, scale: Float, largest: Float) -> Double {
    logits.withUnsafeBufferPointer { row in
      guard let start = row.baseAddress else { return 0 }
      return logitKernels.exponential_sum(row.count, start, scale, largest)
    }
  }

  /// Replaces `indices` by those of the logits at or above `lowest`, in order.
  package func gather(_ logits: Span<Float>, from lowest: Float, into indices: inout [Int32]) {
    logits.withUnsafeBufferPointer { row in
      indices = [Int32](unsafeUninitializedCapacity: row.count) { found, count in
        guard let start = row.baseAddress, let target = found.baseAddress else { return }
        count = logitKernels.gather(row.count, start, lowest, target)
      }
    }
  }

  /// Replaces `indices` by those of the logits whose uniform number may be below
  /// `exp(scale · l − best)`; at most `blockCount` logits from `first` on are looked at.
  ///
  /// The number of an index is the complement of `logitBits` in parts of 2³². Some indices are
  /// given whose number is above it by a thousandth. Scores `scale · l` are within ±4096.
  package func contenders(
    _ logits: Span<Float>, scale: Float, best: Float, first: Int, blockCount: Int, key: UInt64,
    into indices: inout [Int32]
  ) {
    logits.withUnsafeBufferPointer { row in
      let block = min(blockCount, row.count - first)
      indices.removeAll(keepingCapacity: true)
      guard let start = row.baseAddress, block > 0 else { return }
      indices.append(contentsOf: repeatElement(0, count: block))
      let count = indices.withUnsafeMutableBufferPointer { found in
        guard let target = found.baseAddress else { return 0 }
        return logitKernels.contenders(
          block, start + first, scale, best, UInt32(truncatingIfNeeded: first), key, target)
      }
      indices.removeLast(block - count)
    }
    for place in indices.indices { indices[place] += Int32(truncatingIfNeeded: first) }
  }

  /// Random bits of an index under a key.
  package static func logitBits(index: Int, key: UInt64) -> UInt32 {
    autodidact_logits_hash(UInt32(truncatingIfNeeded: index), key)
  }

  private var logitKernels: autodidact_logit_kernels {
    switch self {
    case .portable: autodidact_logit_kernels_portable()
    case .avx2: autodidact_logit_kernels_avx2()
    case .avx512: autodidact_logit_kernels_avx512()
    }
  }
}
