@testable import Pipelines

/// A made-up run and the text that tells it.
enum SampleRun {
  /// The result, with or without a test file.
  static func result(hasTest: Bool) -> SelfTrainingResult {
    func round(_ number: Int, _ test: Double, rejected: Bool = false) -> SelfTrainingResult.Round {
      .init(
        round: number, pseudoLabelCount: number * 800, meanConfidence: 0.8,
        validation: .init(accuracy: 0.70 + 0.01 * Double(number), standardError: 0.04),
        test: hasTest
          ? .init(accuracy: test, standardError: 0.011, macroF1: test - 0.01, ece: 0.1) : nil,
        rejectedByGuard: rejected, collapseAlarms: [])
    }
    let rounds = [round(0, 0.73), round(1, 0.78), round(2, 0.74, rejected: true)]
    let histogram = SelfTrainingResult.Histogram(minimum: 0, maximum: 1, counts: [1])
    return SelfTrainingResult(
      comparison: .init(
        basis: hasTest ? .test : .crossValidation, rowCount: hasTest ? 1500 : 120,
        baseline: rounds[0].test ?? rounds[0].validation,
        selfTrained: rounds[1].test ?? rounds[1].validation, gainedCount: nil, lostCount: nil,
        verdict: "Self-training raised accuracy."),
      counts: .init(
        labelled: 120, unlabelled: 3000, test: hasTest ? 1500 : 0, emptySkipped: 1, truncated: 12,
        duplicates: 2, testInLabelled: 0),
      strategy: "balanced-quotas", seed: 0, rounds: rounds, chosenRound: 1,
      choiceReason: "It is the best round by cross-validation.", baselineReliability: [],
      chosenReliability: [], calibration: nil, classes: [], confusions: [],
      selectedConfidence: histogram, otherConfidence: histogram,
      quarantine: .init(
        isActive: true, estimatedShare: 0.1, count: 301, threshold: 0.5, reason: "",
        poolScores: histogram, labelledScores: histogram),
      detector: nil, remarks: [],
      identity: .init(
        encoder: "minilm", encoderDigest: "", headDigest: "", run: "r", dataDigest: "",
        inputDigest: ""))
  }

  /// What the terminal shows of the result with a test file.
  static let text = """
    Self-training raised accuracy.

                       accuracy   macro F1     ECE
    labels alone   73.0 ± 1.1 %     72.0 %   0.100
    self-trained   78.0 ± 1.1 %     77.0 %   0.100
    difference             +5.0       +5.0   0.000
    on 1,500 test texts

    round   pseudo-labels   cross-validated           test
    0                   0      70.0 ± 4.0 %   73.0 ± 1.1 %
    1 *               800      71.0 ± 4.0 %   78.0 ± 1.1 %
    2 x             1,600      72.0 ± 4.0 %   74.0 ± 1.1 %
    * chosen: It is the best round by cross-validation.
    x rejected by the guard

    301 unlabelled texts look foreign and were set aside (quarantine.jsonl).
    1 unlabelled line without a text passed over.
    12 texts cut to what the model can take.
    2 repeated texts encoded once.

    Report:    out/report.html
    Use it:    autodidact classify --model out --input NEW.jsonl --output OUT.jsonl
    """
}
