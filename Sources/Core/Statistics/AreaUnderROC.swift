/// The probability that a positive item scores above a negative one, ties counting half; nil where
/// one of the two kinds is missing.
///
/// From the average ranks (Mann–Whitney). No score may be NaN. Cost: one sort.
/// Source: J. Hanley and B. McNeil, The Meaning and Use of the Area under a ROC Curve, 1982.
package func areaUnderROC(scores: [Double], isPositive: [Bool]) -> Double? {
  precondition(
    scores.count == isPositive.count, "\(scores.count) scores for \(isPositive.count) items")
  let positives = isPositive.count { $0 }
  let negatives = isPositive.count - positives
  guard positives > 0, negatives > 0 else { return nil }
  let ranks = averageRanks(scores)
  let sum = zip(ranks, isPositive).reduce(0.0) { $1.1 ? $0 + $1.0 : $0 }
  let least = Double(positives) * Double(positives + 1) / 2
  return (sum - least) / (Double(positives) * Double(negatives))
}
