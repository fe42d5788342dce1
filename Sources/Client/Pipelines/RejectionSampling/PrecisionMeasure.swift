import Statistics

/// Shares of right answers with intervals over questions drawn with replacement.
///
/// The answers to one question depend on each other, so questions are drawn, not answers.
struct PrecisionMeasure {
  private static let resampleCount = 2000

  /// What is known of one question with a gold answer.
  struct Row {
    var answerCount: Int
    var rightCount: Int
    /// The best answer is right; nil: there is none.
    var isBestRight: Bool?
    var isKept: Bool
  }

  var rows: [Row]
  var seed: UInt64

  /// The measure; nil without rows.
  var precision: RejectionSamplingResult.Precision? {
    guard let sampled = estimate(Self.sampledShare) else { return nil }
    let kept = rows.filter(\.isKept)
    return RejectionSamplingResult.Precision(
      questionCount: rows.count, sampled: sampled,
      selected: estimate(Self.selectedShare) ?? .init(value: 0, lower: 0, upper: 0),
      kept: estimate(Self.keptShare), gain: estimate(Self.gain), keptCount: kept.count,
      keptRightCount: kept.count { $0.isBestRight == true })
  }

  /// Right among all answers.
  static func sampledShare(_ rows: [Row]) -> Double? {
    let count = rows.reduce(0) { $0 + $1.answerCount }
    guard count > 0 else { return nil }
    return Double(rows.reduce(0) { $0 + $1.rightCount }) / Double(count)
  }

  /// Right among the best answers; a question without one is not counted.
  static func selectedShare(_ rows: [Row]) -> Double? {
    share(rows.filter { $0.isBestRight != nil })
  }

  /// Right among the kept answers.
  static func keptShare(_ rows: [Row]) -> Double? { share(rows.filter(\.isKept)) }

  private static func gain(_ rows: [Row]) -> Double? {
    guard let kept = keptShare(rows), let sampled = sampledShare(rows) else { return nil }
    return kept - sampled
  }

  private static func share(_ rows: [Row]) -> Double? {
    guard !rows.isEmpty else { return nil }
    return Double(rows.count { $0.isBestRight == true }) / Double(rows.count)
  }

  private func estimate(
    _ statistic: ([Row]) -> Double?
  ) -> RejectionSamplingResult.Estimate? {
    guard let value = statistic(rows) else { return nil }
    let bootstrap = ClusterBootstrap(clusterOfItem: rows.indices.map { "\($0)" })
    let interval = bootstrap.interval(
      resampleCount: Self.resampleCount, seed: seed, ofItems: { statistic($0.map { rows[$0] }) })
    return .init(
      value: value, lower: interval?.lowerBound ?? value, upper: interval?.upperBound ?? value)
  }
}
