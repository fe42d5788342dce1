/// How pseudo-labels are made: a composition of a head, filters, a selector and targets.
package struct Strategy: Sendable {
  /// Fits the classifier.
  package var head: any Head
  /// Which rows may not get a pseudo-label, asked in this order.
  package var filters: [any Filter]
  /// Which of the others do.
  package var selector: any Selector
  /// What they should be.
  package var targets: any Targets
  /// The number of rounds; 0 leaves the labels alone.
  package var roundCount: Int
  /// The number of neighbours that vote.
  package var neighborCount: Int
  /// The share of the newest probabilities in their moving average; 1 keeps no history.
  package var momentum: Float
  /// The weight of a true label.
  package var labelWeight: Float
  /// Whether the filters see calibrated probabilities.
  package var usesCalibration: Bool
  /// The most unlabelled rows that a round looks at, drawn anew for each round; nil means all.
  package var candidateCountMax: Int?
}
