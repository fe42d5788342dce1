/// The expected calibration error of reliability bins, in `0...1`; 0 where no prediction is.
///
/// `Σ_b n_b / n · |accuracy_b - confidence_b|`.
/// Source: C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017, arXiv 1706.04599.
package func expectedCalibrationError(of bins: [ReliabilityBin]) -> Double {
  let total = bins.reduce(0) { $0 + $1.count }
  guard total > 0 else { return 0 }
  let sum = bins.reduce(0.0) {
    $0 + Double($1.count) * abs($1.accuracy - $1.meanConfidence)
  }
  return sum / Double(total)
}

/// The expected calibration error of predictions over `binCount` bins of equal width.
package func expectedCalibrationError(
  confidences: [Double], isCorrect: [Bool], binCount: Int = 15
) -> Double {
  expectedCalibrationError(
    of: reliabilityBins(confidences: confidences, isCorrect: isCorrect, binCount: binCount))
}
