private import RealModule
private import Statistics

/// The lowest threshold above which answers keep a promised risk, or what is missing for it.
///
/// Thresholds are fixed before any loss is looked at, and tried from strict to lax, each with a
/// p-value of the hypothesis that its risk is above `alpha`. The walk ends at the first p-value
/// above `delta`; the last threshold before it keeps the risk with probability at least `1 - delta`
/// over the draw of the labelled answers (fixed-sequence testing: the first false hypothesis is
/// rejected with probability at most `delta`). A threshold that merely looks good on the labelled
/// answers breaks its promise about every other time.
///
/// The thresholds come from answers of which only the scores are used, so that they do not depend
/// on the answers that are tested. They begin at a coverage of a fifth, or less where there are
/// enough answers to test a stricter one, and end at all.
///
/// The promise needs independent answers from the distribution that later answers come from.
/// Source: A. Angelopoulos et al., Learn then Test: Calibrating Predictive Algorithms to Achieve
/// Risk Control, 2021, arXiv 2110.01052; for abstention: Y. Geifman and R. El-Yaniv, Selective
/// Classification for Deep Neural Networks, NeurIPS 2017. Cost: two sorts.
package struct LearnThenTest: Sendable, Equatable {
  /// What is promised.
  package enum RiskKind: Sendable, Equatable {
    /// The mean loss of the accepted.
    case selective
    /// The loss of the accepted, divided by the number of all.
    case joint
  }

  /// What is asked for.
  package struct Options: Sendable, Equatable {
    /// What is promised.
    package var kind = RiskKind.selective
    /// The risk to keep, between 0 and 1.
    package var alpha: Double
    /// The probability that the promise fails, between 0 and 1.
    package var delta = 0.05
    /// The most thresholds that are tried.
    package var thresholdCountMax = 50

    /// Asks for a selective risk.
    package init(alpha: Double) {
      self.alpha = alpha
    }
  }

  /// One threshold with what the tested answers say about it.
  package struct Step: Sendable, Equatable {
    /// Scores of at least this are accepted.
    package let threshold: Double
    /// The tested answers that are accepted.
    package let acceptedCount: Int
    /// Their summed loss.
    package let lossSum: Double
    /// Of the hypothesis that the risk is above alpha.
    package let pValue: Double
    /// The share of the tested answers that are accepted.
    package let coverage: Double

    /// The mean loss of the accepted, 0 where there are none.
    package var risk: Double { acceptedCount == 0 ? 0 : lossSum / Double(acceptedCount) }
  }

  /// What was asked for.
  package let options: Options
  /// The thresholds from strict to lax, tried or not.
  package let steps: [Step]
  /// The step that is certified; nil where nothing can be promised.
  package let certified: Step?
  /// The tested answers.
  package let testedCount: Int
  /// The answers that the thresholds were taken from.
  package let placedCount: Int
  /// An estimate of the further labelled answers that a promise takes; nil where nothing is
  /// missing, or where no number of answers would help.
  package let moreLabelsNeeded: Int?

  /// Tests answers with `scores` and `losses` in `0...1`.
  ///
  /// `placing` are the scores of other answers from the same distribution. No score may be NaN.
  package init(placing: [Double], scores: [Double], losses: [Double], options: Options) {
    precondition(scores.count == losses.count, "\(scores.count) scores for \(losses.count) losses")
    precondition(options.alpha > 0 && options.alpha < 1, "alpha \(options.alpha)")
    precondition(options.delta > 0 && options.delta < 1, "delta \(options.delta)")
    precondition(options.thresholdCountMax > 0, "\(options.thresholdCountMax) thresholds")
    self.options = options
    testedCount = scores.count
    placedCount = placing.count
    let thresholds = Self.thresholds(
      placing, testedCount: scores.count, options: options)
    steps = Self.steps(thresholds, scores: scores, losses: losses, options: options)
    certified = steps.prefix { $0.pValue <= options.delta }.last
    moreLabelsNeeded =
      certified == nil
      ? Self.moreLabels(steps, testedCount: scores.count, placedCount: placing.count, options)
      : nil
  }

  /// The accepted answers without a loss that are enough for a promise: `⌈log δ / log(1 - α)⌉`.
  package static func acceptedCountMin(alpha: Double, delta: Double) -> Int {
    Int((Double.log(delta) / Double.log(onePlus: -alpha)).rounded(.up))
  }

  private static func thresholds(
    _ placing: [Double], testedCount: Int, options: Options
  ) -> [Double] {
    guard !placing.isEmpty, testedCount > 0 else { return [] }
    let sorted = placing.sorted(by: >)
    let least = Double(acceptedCountMin(alpha: options.alpha, delta: options.delta))
    let tested = Double(testedCount)
    // Ten times the least number of accepted answers leaves room for some losses among them.
    let start = min(max(min(0.2, 10 * least / tested), 1.5 * least / tested), 1)
    let count = options.thresholdCountMax
    var thresholds: [Double] = []
    for index in 0..<count {
      let share = count == 1 ? start : start + (1 - start) * Double(index) / Double(count - 1)
      let rank = min(max(Int((share * Double(sorted.count)).rounded(.up)), 1), sorted.count)
      if thresholds.last != sorted[rank - 1] { thresholds.append(sorted[rank - 1]) }
    }
    return thresholds
  }

  private static func steps(
    _ thresholds: [Double], scores: [Double], losses: [Double], options: Options
  ) -> [Step] {
    let isBinary = losses.allSatisfy { $0 == 0 || $0 == 1 }
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var accepted = 0
    var sum = 0.0
    return thresholds.map { threshold in
      while accepted < order.count, scores[order[accepted]] >= threshold {
        sum += losses[order[accepted]]
        accepted += 1
      }
      let count = options.kind == .selective ? accepted : scores.count
      return Step(
        threshold: threshold, acceptedCount: accepted, lossSum: sum,
        pValue: riskPValue(
          lossSum: sum, count: count, isBinary: isBinary, limit: options.alpha),
        coverage: Double(accepted) / Double(max(scores.count, 1)))
    }
  }

  /// The smallest number of further answers with which one of the steps would pass, were its risk
  /// the one seen.
  private static func moreLabels(
    _ steps: [Step], testedCount: Int, placedCount: Int, _ options: Options
  ) -> Int? {
    let least = acceptedCountMin(alpha: options.alpha, delta: options.delta)
    let all = testedCount + placedCount
    // So few answers say nothing about the risk: five times the least number is a fair beginning.
    guard testedCount >= least, !steps.isEmpty else { return max(5 * least - all, 1) }
    let perTested = Double(all) / Double(testedCount)
    var best: Int?
    for step in steps where step.acceptedCount > 0 {
      let selective = options.kind == .selective
      let base = Double(selective ? step.acceptedCount : testedCount)
      let risk = step.lossSum / base
      guard risk < options.alpha, let needed = count(passingAt: risk, options, from: least) else {
        continue
      }
      let total = Double(needed) / base * Double(testedCount) * perTested
      let more = max(Int(total.rounded(.up)) - all, 1)
      best = min(best ?? more, more)
    }
    return best
  }

  private static func count(passingAt risk: Double, _ options: Options, from least: Int) -> Int? {
    func passes(_ count: Int) -> Bool {
      BinomialDistribution(count: count, probability: options.alpha)
        .cumulative(at: Int((risk * Double(count)).rounded(.up))) <= options.delta
    }
    var high = least
    while !passes(high) {
      guard high < 50_000_000 else { return nil }
      high *= 2
    }
    var low = high / 2
    while high - low > 1 {
      let middle = (low + high) / 2
      if passes(middle) { high = middle } else { low = middle }
    }
    return high
  }
}
