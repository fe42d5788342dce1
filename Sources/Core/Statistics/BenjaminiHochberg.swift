/// The hypotheses to reject so that the expected share of false rejections is at most `rate`.
///
/// Rejects the `k` smallest p-values for the largest `k` with `p_(k) ≤ k / n · rate`, and every
/// p-value equal to the largest of them. With conformal p-values of one calibration set the bound
/// holds, though they depend on each other.
/// Source: Y. Benjamini and Y. Hochberg, Controlling the False Discovery Rate, JRSS B, 1995; S.
/// Bates et al., Testing for Outliers with Conformal p-values, Annals of Statistics, 2023, arXiv
/// 2104.08279.
/// Cost: one sort.
package func benjaminiHochbergRejections(pValues: [Double], rate: Double) -> [Bool] {
  precondition(rate > 0 && rate < 1, "rate \(rate)")
  let sorted = pValues.sorted()
  var cut = -Double.infinity
  for (index, value) in sorted.enumerated()
  where value <= Double(index + 1) / Double(sorted.count) * rate {
    cut = value
  }
  return pValues.map { $0 <= cut }
}
