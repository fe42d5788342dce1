/// What a round came to.
package struct RoundReport: Sendable, Equatable {
  /// The round; 0 is the labels alone.
  package let round: Int
  /// The digest of the round's head.
  package let headDigest: String
  /// The temperature of the round's head.
  package let temperature: Double
  /// The pseudo-labels given in the round, for each class.
  package let pseudoLabelCounts: [Int]
  /// The mean calibrated confidence of the pseudo-labels; 0 where there are none.
  package let meanConfidence: Double
  /// The share of the candidates that the round's head predicts as each class.
  package let predictedShares: [Double]
  /// The classes that vanished or changed more than threefold since round 0.
  package let collapsedClasses: [Int]
  /// The cross-validated accuracy on the true labels; nil where nothing could be held out.
  package let validationAccuracy: Double?
  /// The standard error of that accuracy.
  package let validationStandardError: Double?

  /// The pseudo-labels given in the round.
  package var pseudoLabelCount: Int { pseudoLabelCounts.reduce(0, +) }
}
