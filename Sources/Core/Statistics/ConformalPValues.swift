/// The conformal p-values of scores against the scores of in-distribution calibration samples.
///
/// `p(s) = (1 + #{calibration ≥ s}) / (n + 1)`: small where a sample scores higher than nearly all
/// known ones. A NaN score gives 1 over `n + 1`, the strongest suspicion.
/// Cost: one sort and a binary search a score. No calibration score gives 1 for every score.
package struct ConformalPValues: Sendable, Equatable {
  private let calibration: [Double]

  /// Keeps the calibration scores, sorted; none may be NaN.
  package init(calibrationScores scores: [Double]) {
    precondition(!scores.contains(where: \.isNaN), "a calibration score is NaN")
    calibration = scores.sorted()
  }

  /// The p-value of one score, in `(0, 1]`.
  package func callAsFunction(_ score: Double) -> Double {
    var low = 0
    var high = calibration.count
    while low < high {
      let middle = (low + high) / 2
      if calibration[middle] >= score { high = middle } else { low = middle + 1 }
    }
    return Double(1 + calibration.count - low) / Double(calibration.count + 1)
  }
}
