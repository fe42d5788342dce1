/// How well a score tells out-of-distribution samples (higher scores) from in-distribution ones.
///
/// All five figures are those of OpenOOD and pytorch-ood, computed on every distinct score: equal
/// scores form one step of the curve, so ties count half in the area. OpenOOD's FPR95 can differ on
/// tied scores, because it first drops collinear points of the curve.
/// Source: J. Yang et al., OpenOOD: Benchmarking Generalized Out-of-Distribution Detection, NeurIPS
/// 2022 (the metrics); T. Fawcett, An introduction to ROC analysis, 2006 (ties).
package struct DetectionMetrics: Sendable, Equatable {
  /// The area under the receiver operating characteristic, in `0...1`; one half is chance.
  package let auroc: Double
  /// The share of in-distribution samples flagged where at least 95 % of the out-of-distribution
  /// samples are caught.
  package let fpr95OODPositive: Double
  /// The share of out-of-distribution samples passed where at least 95 % of the in-distribution
  /// samples are kept.
  package let fpr95IDPositive: Double
  /// The area under precision over recall by trapezoids, in-distribution samples being positive.
  package let auprIn: Double
  /// The area under precision over recall by trapezoids, out-of-distribution samples being
  /// positive.
  package let auprOut: Double

  /// Why the metrics of two sets of scores do not exist.
  package enum Failure: Error, Equatable {
    /// One of the two sets has no score.
    case empty(inDistributionCount: Int, outOfDistributionCount: Int)
    /// A score is NaN: its position, counted over the in-distribution scores first.
    case notANumber(index: Int)
  }

  /// Computes the metrics of the scores of two sets; infinite scores are ordinary scores.
  ///
  /// Cost: one sort, `O(n log n)`.
  package init(inDistribution: [Double], outOfDistribution: [Double]) throws(Failure) {
    guard !inDistribution.isEmpty, !outOfDistribution.isEmpty else {
      throw .empty(
        inDistributionCount: inDistribution.count,
        outOfDistributionCount: outOfDistribution.count)
    }
    let all = inDistribution + outOfDistribution
    if let index = all.firstIndex(where: \.isNaN) { throw .notANumber(index: index) }
    let steps = scoreSteps(inDistribution: inDistribution, outOfDistribution: outOfDistribution)
    let forward = CurveAreas(steps)
    let backward = CurveAreas(
      steps.reversed().map {
        ScoreStep(positiveCount: $0.negativeCount, negativeCount: $0.positiveCount)
      })
    auroc = forward.underROC
    fpr95OODPositive = forward.falsePositiveRate
    auprOut = forward.underPrecisionRecall
    fpr95IDPositive = backward.falsePositiveRate
    auprIn = backward.underPrecisionRecall
  }

  /// Computes the metrics of single-precision scores.
  package init(inDistribution: [Float], outOfDistribution: [Float]) throws(Failure) {
    try self.init(
      inDistribution: inDistribution.map(Double.init),
      outOfDistribution: outOfDistribution.map(Double.init))
  }
}

/// The samples of each set that share one score.
private struct ScoreStep {
  var positiveCount: Int
  var negativeCount: Int
}

/// The steps in descending order of score; out-of-distribution samples are the positive ones.
private func scoreSteps(inDistribution: [Double], outOfDistribution: [Double]) -> [ScoreStep] {
  let negatives = inDistribution.sorted(by: >)
  let positives = outOfDistribution.sorted(by: >)
  var steps: [ScoreStep] = []
  var negative = 0
  var positive = 0
  while negative < negatives.count || positive < positives.count {
    var score = -Double.infinity
    if negative < negatives.count { score = negatives[negative] }
    if positive < positives.count { score = max(score, positives[positive]) }
    var step = ScoreStep(positiveCount: 0, negativeCount: 0)
    while negative < negatives.count, negatives[negative] == score {
      step.negativeCount += 1
      negative += 1
    }
    while positive < positives.count, positives[positive] == score {
      step.positiveCount += 1
      positive += 1
    }
    steps.append(step)
  }
  return steps
}

/// What one walk over the steps gives.
private struct CurveAreas {
  var underROC = 0.0
  var underPrecisionRecall = 0.0
  var falsePositiveRate = 1.0

  init(_ steps: [ScoreStep]) {
    let positiveTotal = steps.reduce(0) { $0 + $1.positiveCount }
    let negativeTotal = steps.reduce(0) { $0 + $1.negativeCount }
    var positives = 0
    var negatives = 0
    var precision = 1.0
    var reached = false
    for step in steps {
      let before = positives
      positives += step.positiveCount
      negatives += step.negativeCount
      underROC += Double(step.negativeCount) * (Double(before) + Double(step.positiveCount) / 2)
      let nextPrecision = Double(positives) / Double(positives + negatives)
      let recallGain = Double(step.positiveCount) / Double(positiveTotal)
      underPrecisionRecall += recallGain * (precision + nextPrecision) / 2
      precision = nextPrecision
      if !reached, Double(positives) / Double(positiveTotal) >= 0.95 {
        reached = true
        falsePositiveRate = Double(negatives) / Double(negativeTotal)
      }
    }
    underROC /= Double(positiveTotal) * Double(negativeTotal)
  }
}
