/// A threshold on an out-of-distribution score that bounds the share of false alarms.
///
/// A sample is flagged where its score is **greater** than `value`. The threshold is the `rank`-th
/// smallest of `n` calibration scores, which must come from in-distribution samples that were used
/// neither to fit nor to choose the detector.
/// Source: H. Papadopoulos et al., Inductive Confidence Machines for Regression, ECML 2002; V.
/// Vovk, Conditional validity of inductive conformal predictors, ACML 2012 (the guarantee with
/// confidence).
package struct ConformalThreshold: Sendable, Equatable {
  /// What the bound on the false alarms holds for.
  package enum Guarantee: Sendable, Equatable {
    /// On average over the draws of the calibration set.
    case marginal
    /// For this calibration set, with probability at least `confidence`.
    case conditional(confidence: Double)
  }

  /// Why a threshold cannot be given.
  package enum Failure: Error, Equatable {
    /// The rate is not in `falseAlarmRateMin..<1`, or the confidence not between 0 and 1.
    case outOfRange(name: String, value: Double)
    /// There are too few scores for the bound; `required` would do.
    case tooFewScores(count: Int, required: Int)
    /// A calibration score is NaN.
    case notANumber(index: Int)
  }

  /// The lowest rate of false alarms that can be asked for.
  package static let falseAlarmRateMin = 1e-6

  /// The score above which a sample is flagged.
  package let value: Double
  /// Which of the ascending calibration scores the threshold is, counted from 1.
  package let rank: Int
  /// The number of calibration scores.
  package let calibrationCount: Int
  /// The bound on the share of in-distribution samples flagged.
  package let falseAlarmRate: Double
  /// What the bound holds for.
  package let guarantee: Guarantee

  /// Chooses the lowest threshold that keeps the bound.
  ///
  /// Marginal: `k = ⌈(n + 1)(1 - α)⌉`. Conditional: the share of false alarms of the `k`-th
  /// smallest score follows `Beta(n + 1 - k, k)`, and `k` is the smallest with `P(Beta ≤ α) ≥
  /// confidence`.
  /// Cost: one sort.
  package init(
    calibrationScores scores: [Double], falseAlarmRate: Double, guarantee: Guarantee = .marginal
  ) throws(Failure) {
    guard falseAlarmRate >= Self.falseAlarmRateMin, falseAlarmRate < 1 else {
      throw .outOfRange(name: "false_alarm_rate", value: falseAlarmRate)
    }
    if let index = scores.firstIndex(where: \.isNaN) { throw .notANumber(index: index) }
    let rank: Int
    switch guarantee {
    case .marginal:
      rank = Self.marginalRank(count: scores.count, falseAlarmRate: falseAlarmRate)
      guard rank <= scores.count else {
        throw .tooFewScores(
          count: scores.count, required: Self.marginalCount(falseAlarmRate: falseAlarmRate))
      }
    case .conditional(let confidence):
      guard confidence > 0, confidence < 1 else {
        throw .outOfRange(name: "confidence", value: confidence)
      }
      rank = Self.conditionalRank(
        count: scores.count, falseAlarmRate: falseAlarmRate, confidence: confidence)
      guard rank <= scores.count else {
        throw .tooFewScores(
          count: scores.count,
          required: Self.conditionalCount(falseAlarmRate: falseAlarmRate, confidence: confidence))
      }
    }
    value = scores.sorted()[rank - 1]
    self.rank = rank
    calibrationCount = scores.count
    self.falseAlarmRate = falseAlarmRate
    self.guarantee = guarantee
  }

  /// `⌈(n + 1)(1 - α)⌉`; the product is rounded to the nearest integer where it is one but for the
  /// last bits.
  private static func marginalRank(count: Int, falseAlarmRate: Double) -> Int {
    let exact = Double(count + 1) * (1 - falseAlarmRate)
    let nearest = exact.rounded()
    return Int(abs(exact - nearest) < 1e-9 * exact ? nearest : exact.rounded(.up))
  }

  private static func marginalCount(falseAlarmRate: Double) -> Int {
    var count = max(Int(1 / falseAlarmRate) - 2, 1)
    while marginalRank(count: count, falseAlarmRate: falseAlarmRate) > count { count += 1 }
    return count
  }

  /// The smallest rank that keeps the bound with this confidence; `count + 1` where none does.
  private static func conditionalRank(
    count: Int, falseAlarmRate: Double, confidence: Double
  ) -> Int {
    var low = 1
    var high = count + 1
    while low < high {
      let middle = (low + high) / 2
      let coverage = BetaDistribution(alpha: Double(count + 1 - middle), beta: Double(middle))
      if coverage.cumulative(at: falseAlarmRate) >= confidence {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return low
  }

  /// The smallest `n` with `1 - (1 - α)ⁿ ≥ confidence`, for which the largest score will do.
  private static func conditionalCount(falseAlarmRate: Double, confidence: Double) -> Int {
    var count = 1
    while conditionalRank(count: count, falseAlarmRate: falseAlarmRate, confidence: confidence)
      > count
    {
      count *= 2
    }
    var low = count / 2 + 1
    while low < count {
      let middle = (low + count) / 2
      let rank = conditionalRank(
        count: middle, falseAlarmRate: falseAlarmRate, confidence: confidence)
      if rank <= middle { count = middle } else { low = middle + 1 }
    }
    return count
  }
}
