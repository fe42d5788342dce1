package import Methods

/// The default recipe: quotas per class, neighbour agreement, several rounds, hard targets.
///
/// Each round fits the head on the labels and the pseudo-labels of the round before, averages its
/// probabilities with those of the earlier heads (`Q ← m P + (1 - m) Q`), lets pass the rows whose
/// neighbours agree, and takes the best of each class up to a growing quota
/// (`BalancedQuotaSelector`). The head is refitted from its last state with few iterations.
/// Source: the recipe R* measured for this project; its parts are class-balanced self-training
/// (Y. Zou et al., ECCV 2018), neighbour agreement (C. Schröder, G. Heyer, EMNLP 2024) and
/// temporal ensembling of predictions (S. Laine, T. Aila, ICLR 2017).
package struct BalancedQuotas: SelfTrainingMethod {
  /// What the strategy is.
  package static let card = MethodCard(
    id: "balanced-quotas", title: "Balanced quotas with neighbour agreement (R*)",
    source: "Zou et al., Unsupervised Domain Adaptation via Class-Balanced Self-Training, ECCV "
      + "2018; Schröder, Heyer, Self-Training for Sample-Efficient Active Learning, EMNLP 2024",
    needs: [.features, .labels, .unlabelled],
    summary: "Labels the most confident rows of each class on which the neighbours agree, up to a "
      + "quota that grows round by round.")

  /// The settings.
  package struct Parameters: MethodParameters {
    /// Rounds, 1 … 64.
    package var roundCount = 4
    /// The share labelled in the first round.
    package var firstQuota = 0.3
    /// The share labelled in the last round.
    package var lastQuota = 0.8
    /// Neighbours that vote, 1 … 64.
    package var neighborCount = 10
    /// The share of them that must agree.
    package var agreementMin = 0.5
    /// The weight of a true label beside a pseudo-label.
    package var labelWeight = 5.0
    /// The share of the newest probabilities in the moving average, above 0.
    package var momentum = 0.5
    /// Soft targets `p²` instead of hard ones.
    package var softTargets = false

    /// Creates the defaults.
    package init() {}

    /// The first setting out of its range.
    package var violation: ParameterViolation? {
      violation("round_count", roundCount, in: 1...64)
        ?? violation("first_quota", firstQuota, in: 0.001...1)
        ?? violation("last_quota", lastQuota, in: 0.001...1)
        ?? violation("neighbor_count", neighborCount, in: 1...64)
        ?? violation("agreement_min", agreementMin, in: 0...1)
        ?? violation("label_weight", labelWeight, in: 0.001...1000)
        ?? violation("momentum", momentum, in: 0.001...1)
    }
  }

  /// The composition for valid parameters.
  package static func strategy(_ parameters: Parameters, head: LogisticHead) -> Strategy {
    var head = head
    head.warmIterationCountMax = 25
    return Strategy(
      head: head, filters: [NeighborAgreement(minimum: Float(parameters.agreementMin))],
      selector: BalancedQuotaSelector(
        firstQuota: parameters.firstQuota, lastQuota: parameters.lastQuota),
      targets: parameters.softTargets ? SoftTargets() : HardTargets(),
      roundCount: parameters.roundCount, neighborCount: parameters.neighborCount,
      momentum: Float(parameters.momentum), labelWeight: Float(parameters.labelWeight),
      usesCalibration: false, candidateCountMax: nil)
  }
}
