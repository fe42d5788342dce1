/// The threshold that splits `values` into two groups of least variance within.
///
/// Every split of the sorted values is tried, no histogram is made: the one with the largest
/// variance between the groups, `n₀ n₁ (mean₀ - mean₁)²`, wins, the lowest of equals. The threshold
/// is the middle between the two values beside the split. Nil where fewer than two distinct values
/// are.
/// Source: N. Otsu, A Threshold Selection Method from Gray-Level Histograms, IEEE SMC, 1979.
/// Cost: one sort. The values must be finite.
package func otsuThreshold(_ values: [Double]) -> Double? {
  precondition(values.allSatisfy(\.isFinite), "a value is not finite")
  let sorted = values.sorted()
  guard let lowest = sorted.first, let highest = sorted.last, lowest < highest else { return nil }
  // Taken from the lowest value on, so that a large common offset costs no digits.
  let total = sorted.reduce(0.0) { $0 + ($1 - lowest) }
  var below = 0.0
  var bestVariance = -Double.infinity
  var best = lowest
  for index in 0..<sorted.count - 1 {
    below += sorted[index] - lowest
    guard sorted[index] < sorted[index + 1] else { continue }
    let countBelow = Double(index + 1)
    let countAbove = Double(sorted.count - index - 1)
    let difference = below / countBelow - (total - below) / countAbove
    let variance = countBelow * countAbove * difference * difference
    if variance > bestVariance {
      bestVariance = variance
      best = sorted[index] + (sorted[index + 1] - sorted[index]) / 2
    }
  }
  return best
}
