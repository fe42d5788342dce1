private import Statistics

/// The never-decreasing step function of least squares, with straight lines between its steps.
///
/// Answers of equal score are pooled first, then neighbours whose means are in the wrong order are
/// pooled until none is left (pool adjacent violators). Scores outside of those seen get the
/// nearest value. A step's interval is Wilson's for its share and its answers.
/// Source: B. Zadrozny and C. Elkan, Transforming Classifier Scores into Accurate Multiclass
/// Probability Estimates, KDD 2002; as scikit-learn's `IsotonicRegression(out_of_bounds="clip")`.
/// Cost: one sort.
package struct IsotonicCalibrator: Calibrator {
  /// Score, probability, lower and upper end at both ends of each step, ascending.
  package let state: [Double]

  /// Fits the steps.
  package init(scores: [Double], outcomes: [Double]) throws(CalibrationError) {
    try checkCalibration(scores: scores, outcomes: outcomes)
    var blocks: [Block] = []
    for index in scores.indices.sorted(by: { scores[$0] < scores[$1] }) {
      if let last = blocks.last, last.highest == scores[index] {
        blocks[blocks.count - 1].sum += outcomes[index]
        blocks[blocks.count - 1].count += 1
      } else {
        blocks.append(
          Block(lowest: scores[index], highest: scores[index], sum: outcomes[index], count: 1))
      }
    }
    var pooled: [Block] = []
    for block in blocks {
      var block = block
      while let last = pooled.last, last.mean >= block.mean {
        block = Block(
          lowest: last.lowest, highest: block.highest, sum: last.sum + block.sum,
          count: last.count + block.count)
        pooled.removeLast()
      }
      pooled.append(block)
    }
    state = pooled.flatMap { block -> [Double] in
      let interval = wilsonInterval(share: block.mean, count: block.count)
      let values = [block.mean, interval.lowerBound, interval.upperBound]
      let ends = block.lowest == block.highest ? [block.lowest] : [block.lowest, block.highest]
      return ends.flatMap { [$0] + values }
    }
  }

  /// Restores the steps.
  package init(state: [Double]) throws(CalibrationError) {
    guard state.count >= 4, state.count % 4 == 0, state.allSatisfy(\.isFinite) else {
      throw .state(count: state.count)
    }
    for index in stride(from: 4, to: state.count, by: 4) where state[index] <= state[index - 4] {
      throw .state(count: state.count)
    }
    self.state = state
  }

  /// The value of the step function.
  package func probability(of score: Double) -> CalibratedProbability {
    let count = state.count / 4
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if state[4 * middle] < score { low = middle + 1 } else { high = middle }
    }
    // `low` is the first knot at or above the score.
    guard low > 0 else { return probability(0, 0, share: 0) }
    guard low < count else { return probability(count - 1, count - 1, share: 0) }
    let (before, after) = (state[4 * (low - 1)], state[4 * low])
    return probability(low - 1, low, share: (score - before) / (after - before))
  }

  private func probability(_ first: Int, _ second: Int, share: Double) -> CalibratedProbability {
    func value(_ offset: Int) -> Double {
      let (from, to) = (state[4 * first + offset], state[4 * second + offset])
      return from + share * (to - from)
    }
    return CalibratedProbability(
      value: value(1), lower: min(value(2), value(1)), upper: max(value(3), value(1)))
  }

  private struct Block {
    let lowest: Double
    let highest: Double
    var sum: Double
    var count: Double

    var mean: Double { sum / count }
  }
}
