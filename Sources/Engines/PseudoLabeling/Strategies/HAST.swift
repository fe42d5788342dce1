package import Methods

/// Hard-label neighbourhood-regularised self-training: one round of confident majorities.
///
/// A row is taken if more than half of its 14 nearest neighbours have its prediction and its
/// confidence exceeds one half; rare classes weigh more (`ClassWeightedSelector`). At most 16,384
/// unlabelled rows, drawn uniformly, are looked at.
/// Source: C. Schröder, G. Heyer, Self-Training for Sample-Efficient Active Learning for Text
/// Classification with Pre-Trained Language Models, EMNLP 2024, arXiv 2406.09206. Deviations:
/// features stay frozen; neighbours are sought among all rows, labelled ones included; weights are
/// not divided by their sum, which would drown them in the penalty of a regularised head.
package struct HAST: SelfTrainingMethod {
  /// What the strategy is.
  package static let card = MethodCard(
    id: "hast", title: "HAST",
    source: "Schröder, Heyer, Self-Training for Sample-Efficient Active Learning for Text "
      + "Classification with Pre-Trained Language Models, EMNLP 2024",
    needs: [.features, .labels, .unlabelled],
    summary: "Labels in one round every confident row that most of its neighbours agree with.")

  /// The settings.
  package struct Parameters: MethodParameters {
    /// Neighbours that vote, 1 … 64.
    package var neighborCount = 14
    /// What the confidence must exceed.
    package var confidenceMin = 0.5
    /// What the agreeing share must exceed.
    package var agreementMin = 0.5
    /// The weight of pseudo-labels, `β`.
    package var pseudoLabelWeight = 0.1
    /// The most rows looked at.
    package var sampleCountMax = 16_384

    /// Creates the defaults.
    package init() {}

    /// The first setting out of its range.
    package var violation: ParameterViolation? {
      violation("neighbor_count", neighborCount, in: 1...64)
        ?? violation("confidence_min", confidenceMin, in: 0...0.999)
        ?? violation("agreement_min", agreementMin, in: 0...0.999)
        ?? violation("pseudo_label_weight", pseudoLabelWeight, in: 0.0001...1000)
        ?? violation("sample_count_max", sampleCountMax, in: 1...10_000_000)
    }
  }

  /// The composition for valid parameters.
  package static func strategy(_ parameters: Parameters, head: LogisticHead) -> Strategy {
    Strategy(
      head: head,
      filters: [
        NeighborAgreement(minimum: Float(parameters.agreementMin), excludesMinimum: true),
        ConfidenceBound(minimum: Float(parameters.confidenceMin)),
      ],
      selector: ClassWeightedSelector(pseudoLabelWeight: parameters.pseudoLabelWeight),
      targets: HardTargets(), roundCount: 1, neighborCount: parameters.neighborCount, momentum: 1,
      labelWeight: 1, usesCalibration: false, candidateCountMax: parameters.sampleCountMax)
  }
}
