/// How often predictions of a like confidence are right: one bin of a reliability diagram.
package struct ReliabilityBin: Sendable, Equatable {
  /// The lower edge of the bin; a confidence equal to it belongs to the bin below, except 0.
  package let lowerEdge: Double
  /// The upper edge of the bin, which belongs to it.
  package let upperEdge: Double
  /// The number of predictions in the bin.
  package let count: Int
  /// The mean confidence of the predictions in the bin; 0 where there are none.
  package let meanConfidence: Double
  /// The share of right predictions in the bin; 0 where there are none.
  package let accuracy: Double
}

/// Sorts predictions into `binCount` bins of equal width over `0...1` by their confidence.
///
/// `confidences` and `isCorrect` are of one length; a confidence outside `0...1` is a programmer's
/// error. Bin `b` is `(b / n, (b + 1) / n]`, and 0 is in the first bin.
package func reliabilityBins(
  confidences: [Double], isCorrect: [Bool], binCount: Int = 15
) -> [ReliabilityBin] {
  reliabilityBins(
    confidences: confidences, outcomes: isCorrect.map { $0 ? 1 : 0 }, binCount: binCount)
}

/// Sorts predictions into bins by their confidence where outcomes are between wrong, 0, and right,
/// 1; a bin's accuracy is its mean outcome.
package func reliabilityBins(
  confidences: [Double], outcomes: [Double], binCount: Int = 15
) -> [ReliabilityBin] {
  precondition(
    confidences.count == outcomes.count,
    "\(confidences.count) confidences for \(outcomes.count) outcomes")
  precondition(binCount >= 1, "bin count \(binCount)")
  var counts = [Int](repeating: 0, count: binCount)
  var sums = [Double](repeating: 0, count: binCount)
  var hits = [Double](repeating: 0, count: binCount)
  for (confidence, outcome) in zip(confidences, outcomes) {
    precondition(confidence >= 0 && confidence <= 1, "confidence \(confidence) outside 0...1")
    let bin = max(Int((confidence * Double(binCount)).rounded(.up)) - 1, 0)
    counts[bin] += 1
    sums[bin] += confidence
    hits[bin] += outcome
  }
  return (0..<binCount).map { bin in
    let count = Double(max(counts[bin], 1))
    return ReliabilityBin(
      lowerEdge: Double(bin) / Double(binCount), upperEdge: Double(bin + 1) / Double(binCount),
      count: counts[bin], meanConfidence: sums[bin] / count, accuracy: hits[bin] / count)
  }
}
