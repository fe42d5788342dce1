private import RealModule
package import Tensors

/// The index of the greatest logit, the lowest of equals; nil where none is above −∞, as NaN
/// counts.
package func argmax(_ logits: Span<Float>, on path: KernelPath = .best) -> Int? {
  let largest = path.maximum(logits)
  return largest > -.infinity ? path.firstIndex(of: largest, in: logits) : nil
}

/// `log Σ exp(scale · l)` of a row; NaN and −∞ add nothing, +∞ gives +∞, nothing gives −∞.
///
/// `scale` is above 0. Cost: two reads of the row. Relative error of the sum below 2e-6: the
/// exponentials are float32, their sums double. Deterministic for a kernel path.
package func logSumExp(
  _ logits: Span<Float>, scale: Float = 1, on path: KernelPath = .best
) -> Double {
  let largest = path.maximum(logits)
  guard largest.isFinite else { return Double(largest) }
  let sum = path.exponentialSum(logits, scale: scale, largest: largest)
  return Double(largest) * Double(scale) + Double.log(sum)
}
