/// Pearson's correlation of two lists of one length; nil where a list is constant or shorter than
/// two.
///
/// Means first, then products of the differences, in double. The values must be finite.
package func pearsonCorrelation(_ first: [Double], _ second: [Double]) -> Double? {
  checkPairs(first, second)
  guard isVarying(first), isVarying(second) else { return nil }
  let count = Double(first.count)
  let firstMean = first.reduce(0, +) / count
  let secondMean = second.reduce(0, +) / count
  var product = 0.0
  var firstSquares = 0.0
  var secondSquares = 0.0
  for (x, y) in zip(first, second) {
    product += (x - firstMean) * (y - secondMean)
    firstSquares += (x - firstMean) * (x - firstMean)
    secondSquares += (y - secondMean) * (y - secondMean)
  }
  let scale = firstSquares.squareRoot() * secondSquares.squareRoot()
  // Values that differ in their last digit only can have squares that vanish.
  guard scale > 0 else { return nil }
  return min(max(product / scale, -1), 1)
}

/// Spearman's rank correlation: Pearson's of the average ranks; nil where a list is constant.
///
/// Source: C. Spearman, The Proof and Measurement of Association between Two Things, 1904.
/// Cost: two sorts.
package func spearmanCorrelation(_ first: [Double], _ second: [Double]) -> Double? {
  checkPairs(first, second)
  return pearsonCorrelation(averageRanks(first), averageRanks(second))
}

/// Kendall's tau-b, `(C - D) / √((n₀ - n₁)(n₀ - n₂))`, corrected for ties; nil where a list is
/// constant.
///
/// `C` and `D` count the pairs that both lists order alike and oppositely, `n₀` all pairs, `n₁` and
/// `n₂` those tied in the first and the second list.
/// Source: M. Kendall, The Treatment of Ties in Ranking Problems, Biometrika, 1945; W. Knight, A
/// Computer Method for Calculating Kendall's Tau with Ungrouped Data, JASA, 1966.
/// Cost: two merge sorts, `O(n log n)`.
package func kendallCorrelation(_ first: [Double], _ second: [Double]) -> Double? {
  checkPairs(first, second)
  guard isVarying(first), isVarying(second) else { return nil }
  let order = first.indices.sorted {
    (first[$0], second[$0]) < (first[$1], second[$1])
  }
  var tiedBoth = 0
  var run = 1
  for (previous, next) in zip(order, order.dropFirst()) {
    if first[previous] == first[next], second[previous] == second[next] {
      tiedBoth += run
      run += 1
    } else {
      run = 1
    }
  }
  var values = order.map { second[$0] }
  var scratch = values
  let exchanges = sortCountingExchanges(&values, &scratch, 0..<values.count)
  let pairs = first.count * (first.count - 1) / 2
  let tiedFirst = tiedPairCount(first.sorted())
  let tiedSecond = tiedPairCount(values)
  let difference = pairs - tiedFirst - tiedSecond + tiedBoth - 2 * exchanges
  let scale = Double(pairs - tiedFirst).squareRoot() * Double(pairs - tiedSecond).squareRoot()
  return min(max(Double(difference) / scale, -1), 1)
}

/// The rank of each value from 1 on; equal values share the mean of their ranks.
package func averageRanks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    for position in start..<end { ranks[order[position]] = Double(start + end + 1) / 2 }
    start = end
  }
  return ranks
}

/// Sorts a range and returns how many pairs were in the wrong order.
private func sortCountingExchanges(
  _ values: inout [Double], _ scratch: inout [Double], _ range: Range<Int>
) -> Int {
  guard range.count > 1 else { return 0 }
  let middle = range.lowerBound + range.count / 2
  var exchanges = sortCountingExchanges(&values, &scratch, range.lowerBound..<middle)
  exchanges += sortCountingExchanges(&values, &scratch, middle..<range.upperBound)
  var left = range.lowerBound
  var right = middle
  for position in range {
    if left < middle, right == range.upperBound || values[left] <= values[right] {
      scratch[position] = values[left]
      left += 1
    } else {
      scratch[position] = values[right]
      exchanges += middle - left
      right += 1
    }
  }
  for position in range { values[position] = scratch[position] }
  return exchanges
}

private func tiedPairCount(_ sorted: [Double]) -> Int {
  var pairs = 0
  var run = 0
  for (previous, next) in zip(sorted, sorted.dropFirst()) {
    run = previous == next ? run + 1 : 0
    pairs += run
  }
  return pairs
}

private func isVarying(_ values: [Double]) -> Bool {
  guard let first = values.first else { return false }
  return values.contains { $0 != first }
}

private func checkPairs(_ first: [Double], _ second: [Double]) {
  precondition(first.count == second.count, "\(first.count) values for \(second.count)")
}
