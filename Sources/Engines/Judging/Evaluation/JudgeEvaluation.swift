package import Statistics

/// How well a judge tells right from wrong, beside the length of the answers.
///
/// Only answers with a score are looked at; how many there are beside those without is for whoever
/// counts. A loss is one minus the label; an answer is right from a label of one half on. Intervals
/// are of 95 %, over prompts drawn with replacement.
package struct JudgeEvaluation: Sendable {
  /// One answer with its score and its label.
  package struct Item: Sendable {
    /// The prompt's name; answers to one prompt are compared with each other and drawn together.
    package let prompt: String
    /// The judge's score.
    package let score: Double
    /// The baseline's score.
    package let length: Double
    /// 0, wrong, to 1, right.
    package let label: Double

    /// Creates an item.
    package init(prompt: String, score: Double, length: Double, label: Double) {
      self.prompt = prompt
      self.score = score
      self.length = length
      self.label = label
    }
  }

  /// What one score says about the labels.
  package struct Figures: Sendable, Equatable {
    /// The area under the risk–coverage curve.
    package let aurc: Estimate
    /// That a right answer scores above a wrong one.
    package let auroc: Estimate
    /// The share of the pairs of one prompt that are in the order of their labels.
    package let pairAccuracy: Estimate
  }

  /// The judge.
  package let judge: Figures
  /// The length of the answers.
  package let length: Figures
  /// Pearson's correlation of score and label.
  package let pearson: Estimate
  /// Spearman's.
  package let spearman: Estimate
  /// Kendall's tau-b.
  package let kendall: Estimate
  /// Pearson's correlation of score and length; nil where one of them is constant.
  package let lengthCorrelation: Double?
  /// The judge's risk–coverage curve.
  package let curve: RiskCoverage
  /// The number of prompts.
  package let promptCount: Int

  /// Evaluates the items; at least one.
  ///
  /// Cost: about ten sorts a resample. Returns early, with intervals that are single points, once
  /// `isCancelled` says so.
  package init(
    _ items: [Item], resampleCount: Int, seed: UInt64,
    isCancelled: @escaping () -> Bool = { false }
  ) {
    precondition(!items.isEmpty, "no item to evaluate")
    let bootstrap = ClusterBootstrap(clusterOfItem: items.map(\.prompt))
    let draws = Draws(
      bootstrap: bootstrap, resampleCount: resampleCount, seed: seed, isCancelled: isCancelled)
    let scores = items.map(\.score)
    let labels = items.map(\.label)
    let lengths = items.map(\.length)
    judge = draws.figures(scores, labels)
    length = draws.figures(lengths, labels)
    pearson = draws.correlation(scores, labels, pearsonCorrelation)
    spearman = draws.correlation(scores, labels, spearmanCorrelation)
    kendall = draws.correlation(scores, labels, kendallCorrelation)
    lengthCorrelation = pearsonCorrelation(scores, lengths)
    curve = RiskCoverage(scores: scores, losses: labels.map { 1 - $0 })
    promptCount = bootstrap.clusters.count
  }
}

/// A figure with its interval, or why it has no value.
package enum Estimate: Sendable, Equatable {
  /// The value and its interval at 95 %.
  case defined(Double, interval: ClosedRange<Double>)
  /// Why there is no value.
  case undefined(String)

  /// The value; nil where there is none.
  package var value: Double? {
    guard case .defined(let value, _) = self else { return nil }
    return value
  }
}

/// The figures with their intervals.
private struct Draws {
  let bootstrap: ClusterBootstrap
  let resampleCount: Int
  let seed: UInt64
  let isCancelled: () -> Bool

  func figures(_ scores: [Double], _ labels: [Double]) -> JudgeEvaluation.Figures {
    let losses = labels.map { 1 - $0 }
    let isRight = labels.map { $0 >= 0.5 }
    return JudgeEvaluation.Figures(
      aurc: estimate(orElse: "no item") { items in
        RiskCoverage(scores: items.map { scores[$0] }, losses: items.map { losses[$0] }).area
      },
      auroc: estimate(orElse: "all answers are right, or all are wrong") { items in
        areaUnderROC(scores: items.map { scores[$0] }, isPositive: items.map { isRight[$0] })
      },
      pairAccuracy: pairAccuracy(scores, labels))
  }

  func correlation(
    _ scores: [Double], _ labels: [Double], _ statistic: ([Double], [Double]) -> Double?
  ) -> Estimate {
    estimate(orElse: "all scores or all labels are the same") { items in
      statistic(items.map { scores[$0] }, items.map { labels[$0] })
    }
  }

  private func pairAccuracy(_ scores: [Double], _ labels: [Double]) -> Estimate {
    let counts = bootstrap.clusters.map { items in
      PairCounts(scores: items.map { scores[$0] }, labels: items.map { labels[$0] })
    }
    func accuracy(_ clusters: [Int]) -> Double? {
      let sum = clusters.reduce(PairCounts()) { $0 + counts[$1] }
      return sum.accuracy
    }
    guard let value = accuracy(Array(counts.indices)) else {
      return .undefined("no two answers to one prompt have different labels")
    }
    let interval = bootstrap.interval(
      resampleCount: resampleCount, seed: seed, isCancelled: isCancelled, ofClusters: accuracy)
    return .defined(value, interval: interval ?? value...value)
  }

  private func estimate(
    orElse reason: String, _ statistic: ([Int]) -> Double?
  ) -> Estimate {
    let all = bootstrap.clusters.flatMap { $0 }
    guard let value = statistic(all) else { return .undefined(reason) }
    let interval = bootstrap.interval(
      resampleCount: resampleCount, seed: seed, isCancelled: isCancelled, ofItems: statistic)
    return .defined(value, interval: interval ?? value...value)
  }
}

/// How many pairs of answers to one prompt are in the order of their labels.
package struct PairCounts: Sendable, Equatable {
  /// Pairs in the order of their labels; equal scores count half.
  package var orderedCount = 0.0
  /// Pairs of different labels.
  package var pairCount = 0

  /// No pair.
  package init() {}

  /// Counts the pairs of the answers to one prompt.
  ///
  /// Cost: quadratic in their number.
  package init(scores: [Double], labels: [Double]) {
    for first in scores.indices {
      for second in scores.indices where labels[first] > labels[second] {
        pairCount += 1
        if scores[first] > scores[second] {
          orderedCount += 1
        } else if scores[first] == scores[second] {
          orderedCount += 0.5
        }
      }
    }
  }

  /// The share of pairs in the order of their labels; nil without a pair.
  package var accuracy: Double? { pairCount == 0 ? nil : orderedCount / Double(pairCount) }

  /// The pairs of both.
  package static func + (lhs: PairCounts, rhs: PairCounts) -> PairCounts {
    var sum = lhs
    sum.orderedCount += rhs.orderedCount
    sum.pairCount += rhs.pairCount
    return sum
  }
}
