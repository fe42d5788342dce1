/// What abstaining below a score would bring: risk over coverage, for every coverage.
///
/// Items are taken from the highest score down. With `k` of `n` taken, the coverage is `k / n` and
/// the risk the mean loss of those `k`. Items of equal score are in no order: within such a group
/// the summed loss rises in a straight line, which is its expectation over all orders. So constant
/// scores give the mean loss everywhere.
/// Source: R. El-Yaniv and Y. Wiener, On the Foundations of Noise-free Selective Classification,
/// JMLR, 2010; Y. Geifman and R. El-Yaniv, Selective Classification for Deep Neural Networks, 2017.
/// Cost: one sort.
package struct RiskCoverage: Sendable, Equatable {
  /// One group of items of equal score.
  package struct Step: Sendable, Equatable {
    /// Items of at least this score are taken.
    package let threshold: Double
    /// The number of items taken.
    package let acceptedCount: Int
    /// The summed loss of the items taken.
    package let lossSum: Double

    /// The mean loss of the items taken.
    package var risk: Double { lossSum / Double(acceptedCount) }
  }

  /// The groups in descending order of score.
  package let steps: [Step]
  /// The number of items.
  package let itemCount: Int
  /// The area under the curve, `(1 / n) Σ_k R_k`; 0 without items.
  package let area: Double
  /// The area of the best order: the smallest losses first.
  package let oracleArea: Double
  /// The mean loss of all items.
  package let meanLoss: Double

  /// Computes the curve of items with `scores` (higher is better) and `losses` in `0...1`.
  ///
  /// No score may be NaN.
  package init(scores: [Double], losses: [Double]) {
    precondition(scores.count == losses.count, "\(scores.count) scores for \(losses.count) losses")
    precondition(!scores.contains(where: \.isNaN), "a score is NaN")
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var steps: [Step] = []
    var area = 0.0
    var sum = 0.0
    var start = 0
    while start < order.count {
      var end = start
      var groupLoss = 0.0
      while end < order.count, scores[order[end]] == scores[order[start]] {
        groupLoss += losses[order[end]]
        end += 1
      }
      for position in start..<end {
        let part = groupLoss * Double(position - start + 1) / Double(end - start)
        area += (sum + part) / Double(position + 1)
      }
      sum += groupLoss
      steps.append(
        Step(threshold: scores[order[start]], acceptedCount: end, lossSum: sum))
      start = end
    }
    var oracle = 0.0
    var oracleSum = 0.0
    for (position, loss) in losses.sorted().enumerated() {
      oracleSum += loss
      oracle += oracleSum / Double(position + 1)
    }
    let count = Double(max(scores.count, 1))
    self.steps = steps
    itemCount = scores.count
    self.area = area / count
    oracleArea = oracle / count
    meanLoss = sum / count
  }
}
