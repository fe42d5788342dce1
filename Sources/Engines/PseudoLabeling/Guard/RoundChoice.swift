/// Which round's head to keep: the guard that self-training does no harm.
///
/// Every round is judged by out-of-fold predictions of the true labels: the whole procedure ran
/// once for each fold without the fold's labels. The rounds are compared in pairs on the same rows.
/// The latest round is kept that is not worse than the best round by more than one standard error
/// of the mean paired difference; round 0, the labels alone, is among them. With few labels this
/// keeps a later round unless the labels speak against it, because a difference that the labels
/// cannot resolve is no reason to give up the gain that self-training brings on average.
///
/// Where a class has a single label nothing can be held out: then the latest round without a
/// collapse alarm is kept.
///
/// Source: the one-standard-error rule of L. Breiman et al., Classification and Regression Trees,
/// 1984, 3.4.3, on paired differences. Deviation: it favours the latest round instead of the
/// simplest model.
package struct RoundChoice: Sendable, Equatable {
  /// The round that is kept.
  package let round: Int
  /// The round of the highest cross-validated accuracy, the latest of equals; nil without folds.
  package let bestRound: Int?
  /// Whether each round is worse than the best one by the rule, or has an alarm without folds.
  package let isRejected: [Bool]

  /// Chooses from whether each true label was predicted, `[rounds][labelled]`.
  ///
  /// - Parameters:
  ///   - isCorrect: One list a round, round 0 first; empty lists where there are no folds.
  ///   - hasAlarm: Whether each round has a collapse alarm.
  package init(isCorrect: [[Bool]], hasAlarm: [Bool]) {
    precondition(!isCorrect.isEmpty, "no round to choose from")
    precondition(
      hasAlarm.count == isCorrect.count, "\(hasAlarm.count) alarms, \(isCorrect.count) rounds")
    guard let labelCount = isCorrect.first?.count, labelCount > 0 else {
      bestRound = nil
      isRejected = hasAlarm
      round = hasAlarm.lastIndex(of: false) ?? 0
      return
    }
    let hits = isCorrect.map { $0.reduce(0) { $0 + ($1 ? 1 : 0) } }
    let best = hits.indices.reduce(0) { hits[$1] >= hits[$0] ? $1 : $0 }
    bestRound = best
    isRejected = isCorrect.map { Self.isWorse($0, than: isCorrect[best]) }
    round = isRejected.lastIndex(of: false) ?? best
  }

  /// Whether the mean paired difference exceeds its standard error.
  private static func isWorse(_ round: [Bool], than best: [Bool]) -> Bool {
    let count = Double(round.count)
    let differences = zip(best, round).map { ($0 ? 1.0 : 0) - ($1 ? 1 : 0) }
    let mean = differences.reduce(0, +) / count
    guard mean > 0, count > 1 else { return false }
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    return mean > (variance / count).squareRoot() * (1 + 1e-12)
  }
}
