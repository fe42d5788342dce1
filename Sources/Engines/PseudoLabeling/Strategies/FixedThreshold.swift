package import Methods

/// Everything above one confidence, round after round: plain self-training.
///
/// Source: H. Scudder, Probability of Error of Some Adaptive Pattern-Recognition Machines, IEEE
/// Transactions on Information Theory, 1965; D. Yarowsky, ACL 1995. Deviation: the confidence is
/// calibrated on out-of-fold predictions of true labels before it is compared, because a bound on
/// the raw confidence of a regularised head lets nothing pass at few labels.
package struct FixedThreshold: SelfTrainingMethod {
  /// What the strategy is.
  package static let card = MethodCard(
    id: "fixed-threshold", title: "Fixed confidence threshold",
    source: "Yarowsky, Unsupervised Word Sense Disambiguation Rivaling Supervised Methods, ACL "
      + "1995",
    needs: [.features, .labels, .unlabelled],
    summary: "Labels every row whose calibrated confidence exceeds one bound, round after round.")

  /// The settings.
  package struct Parameters: MethodParameters {
    /// What the calibrated confidence must exceed.
    package var confidenceMin = 0.9
    /// Rounds, 1 … 64.
    package var roundCount = 4

    /// Creates the defaults.
    package init() {}

    /// The first setting out of its range.
    package var violation: ParameterViolation? {
      violation("confidence_min", confidenceMin, in: 0...0.999)
        ?? violation("round_count", roundCount, in: 1...64)
    }
  }

  /// The composition for valid parameters.
  package static func strategy(_ parameters: Parameters, head: LogisticHead) -> Strategy {
    Strategy(
      head: head, filters: [ConfidenceBound(minimum: Float(parameters.confidenceMin))],
      selector: EverySelector(), targets: HardTargets(), roundCount: parameters.roundCount,
      neighborCount: 10, momentum: 1, labelWeight: 1, usesCalibration: true,
      candidateCountMax: nil)
  }
}
