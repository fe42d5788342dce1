/// Takes from each class the rows of the highest score, up to a quota that grows with the rounds.
///
/// The score is confidence times agreement, `s = max p · a`. The quota of class `c` in round `t` of
/// `T` is `q_t · min(n_c, 1.5 · π_c · U)`, rounded: `q_t` grows linearly from `firstQuota` to
/// `lastQuota`, `n_c` rows of the `U` candidates are predicted `c`, and `π_c` is the class's
/// expected share. The weight is `s · clip(π_c · N / h_c, 1/3, 3)` for `h_c` rows taken of `N`.
/// Equal scores are taken in the order of the rows. Cost: one sort of the admissible rows.
package struct BalancedQuotaSelector: Selector, Equatable {
  /// The share in the first round, in `0...1`.
  package var firstQuota: Double
  /// The share in the last round, in `0...1`.
  package var lastQuota: Double

  /// Creates the selector.
  package init(firstQuota: Double, lastQuota: Double) {
    precondition(
      (0...1).contains(firstQuota) && (0...1).contains(lastQuota),
      "quotas \(firstQuota) and \(lastQuota)")
    self.firstQuota = firstQuota
    self.lastQuota = lastQuota
  }

  /// The rows chosen from `admissible` and their weights.
  package func selection(from admissible: [Int], in round: RoundView) -> Selection {
    let classCount = round.classCount
    let scores = round.confidences.indices.map { round.confidences[$0] * round.agreement[$0] }
    var predictedCounts = [Int](repeating: 0, count: classCount)
    for row in round.candidates { predictedCounts[Int(round.predictions[row])] += 1 }
    var members = [[Int]](repeating: [], count: classCount)
    for row in admissible { members[Int(round.predictions[row])].append(row) }

    let share = quota(in: round)
    var chosen: [(row: Int, label: Int)] = []
    var takenCounts = [Int](repeating: 0, count: classCount)
    var cuts = [Float](repeating: .infinity, count: classCount)
    for label in 0..<classCount {
      let expected = 1.5 * round.classPrior[label] * Double(round.candidates.count)
      let quota = Int((share * min(Double(predictedCounts[label]), expected)).rounded())
      let ranked = members[label].sorted {
        scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
      }
      let taken = ranked.prefix(quota)
      takenCounts[label] = taken.count
      if let last = taken.last { cuts[label] = scores[last] }
      chosen += taken.map { ($0, label) }
    }
    chosen.sort { $0.row < $1.row }
    let weights = chosen.map { row, label in
      let balance =
        round.classPrior[label] * Double(chosen.count) / Double(takenCounts[label])
      return scores[row] * Float(min(max(balance, 1.0 / 3), 3))
    }
    return Selection(
      rows: chosen.map(\.row), weights: weights,
      verdicts: Verdicts(
        part: .quota, values: scores, bounds: round.predictions.map { cuts[Int($0)] }))
  }

  /// The share of the quota in `round`; the last one where there is a single round.
  private func quota(in round: RoundView) -> Double {
    guard round.roundCount > 1 else { return lastQuota }
    let progress = Double(round.round - 1) / Double(round.roundCount - 1)
    return firstQuota + (lastQuota - firstQuota) * progress
  }
}
