import TestSupport

@testable import Pipelines

/// A made-up result with the proportions of a real one.
enum SampleResult {
  static let classes = [
    "admin", "devel", "doc", "editors", "games", "graphics", "<math> & \"logic\"", "net", "python",
    "science", "sound", "utils",
  ]

  /// A result with a test file, or without.
  static func result(hasTest: Bool = true, helped: Bool = true) -> SelfTrainingResult {
    var generator = SplitMix64(seed: 11)
    func test(_ accuracy: Double, ece: Double) -> SelfTrainingResult.Scores? {
      hasTest
        ? .init(
          accuracy: accuracy, standardError: 0.0115, macroF1: accuracy - 0.012, ece: ece,
          nll: 1.02, brier: 0.4) : nil
    }
    let accuracies =
      helped ? [0.735, 0.758, 0.771, 0.779, 0.782] : [0.735, 0.731, 0.728, 0.726, 0.724]
    let rounds = accuracies.enumerated().map { index, accuracy in
      SelfTrainingResult.Round(
        round: index, pseudoLabelCount: index == 0 ? 0 : 900 + index * 620,
        meanConfidence: index == 0 ? 0 : 0.83 + Double(index) * 0.02,
        validation: .init(accuracy: accuracy - 0.02, standardError: 0.035),
        test: test(accuracy, ece: 0.12 - Double(index) * 0.02),
        rejectedByGuard: index == 4 && !helped,
        collapseAlarms: [])
    }
    let chosen = helped ? 4 : 0
    let bins = (0..<15).map { bin in
      SelfTrainingResult.ReliabilityBin(
        meanConfidence: (Double(bin) + 0.5) / 15,
        accuracy: min(1, (Double(bin) + 0.9) / 15 * 1.02), count: bin < 3 ? 0 : bin * bin * 2)
    }
    let before = bins.map { bin in
      SelfTrainingResult.ReliabilityBin(
        meanConfidence: bin.meanConfidence, accuracy: min(1, bin.accuracy * 0.5 + 0.42),
        count: bin.count)
    }
    let classResults = classes.enumerated().map { index, name in
      let base = 0.6 + 0.03 * Double(index % 8)
      let scores: (Double) -> SelfTrainingResult.ClassScores? = { shift in
        hasTest
          ? .init(
            precision: base + shift, recall: base - 0.04 + shift * 1.4, f1: base - 0.02 + shift)
          : nil
      }
      return SelfTrainingResult.ClassResult(
        name: name, labelledCount: 10,
        pseudoLabelCount: helped ? 180 + (index * 71) % 200 : 0, predictedShare: 1 / 12,
        testCount: hasTest ? 125 : nil, baseline: scores(0),
        selfTrained: scores(index == 3 ? -0.03 : 0.05))
    }
    var selected = SelfTrainingResult.Histogram(
      minimum: 0, maximum: 1, counts: .init(repeating: 0, count: 20))
    var other = selected
    var pool = SelfTrainingResult.Histogram(
      minimum: 0.2, maximum: 1, counts: .init(repeating: 0, count: 40))
    var labelled = pool
    for index in 0..<4000 {
      let draw = Double.random(in: 0..<1, using: &generator)
      if index % 3 > 0, helped {
        selected.add(1 - draw * draw * 0.7)
      } else {
        other.add(0.15 + draw * 0.7)
      }
      let normal = (0..<6).reduce(-3.0) { sum, _ in
        sum + Double.random(in: 0..<1, using: &generator)
      }
      pool.add(index % 8 == 0 ? 0.86 + normal * 0.05 : 0.55 + normal * 0.12)
      if index % 33 == 0 { labelled.add(0.5 + normal * 0.1) }
    }
    return SelfTrainingResult(
      comparison: .init(
        basis: hasTest ? .test : .crossValidation, rowCount: hasTest ? 1500 : 120,
        baseline: rounds[0].test ?? rounds[0].validation,
        selfTrained: rounds[chosen].test ?? rounds[chosen].validation,
        verdict: helped
          ? "Self-training raised accuracy from 73.5 % to 78.2 % (+4.7 points)."
          : "Self-training did not help: the classifier from the labels alone was kept."),
      counts: .init(
        labelled: 120, unlabelled: 4000, test: hasTest ? 1500 : 0, emptySkipped: 3, truncated: 212,
        duplicates: 17, testInLabelled: 0),
      strategy: "balanced-quotas", seed: 0, rounds: rounds, chosenRound: chosen,
      choiceReason: helped
        ? "it is the last round that the guard accepted."
        : "no round was better than the labels alone by cross-validation.",
      baselineReliability: hasTest ? before : [], chosenReliability: hasTest ? bins : [],
      calibration: .init(temperature: 0.41, eceBefore: 0.31, eceAfter: 0.06, rowCount: 120),
      classes: classResults,
      confusions: hasTest
        ? [
          .init(trueClass: "net", predictedClass: "admin", count: 31, share: 0.248),
          .init(trueClass: "utils", predictedClass: "admin", count: 22, share: 0.176),
          .init(trueClass: "devel", predictedClass: "python", count: 12, share: 0.096),
        ] : [],
      selectedConfidence: selected, otherConfidence: other,
      quarantine: .init(
        isActive: true, estimatedShare: 0.118, count: 431, threshold: 0.74,
        reason: "The scores have two clear groups.", poolScores: pool, labelledScores: labelled),
      detector: .init(
        method: "knn", digest: String(repeating: "5d", count: 32), threshold: 0.81,
        falseAlarmRate: 0.05, calibrationRowCount: 120, isCalibrated: true),
      remarks: ["17 texts stand in the unlabelled file more than once."],
      identity: .init(
        encoder: "minilm", encoderDigest: String(repeating: "ab", count: 32),
        headDigest: String(repeating: "c1", count: 32), run: "selftrain-0123456789abcdef",
        dataDigest: String(repeating: "9f", count: 32),
        inputDigest: String(repeating: "77", count: 32)))
  }

  /// What a report shows of it.
  static func content(hasTest: Bool = true, helped: Bool = true) -> ReportContent {
    ReportContent(
      result: result(hasTest: hasTest, helped: helped),
      pseudoLabelled: helped
        ? classes.enumerated().map { index, name in
          .init(
            id: "\(index * 37 + 5)",
            text: "library for <b>parsing</b> & writing \(name) files, with examples and a manual "
              + String(repeating: "of considerable length ", count: index * 2),
            label: name, confidence: 0.97 - Double(index) * 0.03, oodScore: 0.4)
        } : [],
      quarantined: (0..<5).map { index in
        .init(
          id: "\(index * 91 + 2)",
          text:
            "fuente tipográfica \(index) con soporte para <script>alert(1)</script> muchos idiomas",
          label: "doc", confidence: 0.3, oodScore: 0.97 - Double(index) * 0.02)
      },
      folder: "out/my run")
  }
}
