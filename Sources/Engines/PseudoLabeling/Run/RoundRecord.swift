/// The decisions of one round on every row of the pool, in columns.
package struct RoundRecord: Sendable, Equatable {
  /// The round; in round 0 nothing is selected.
  package let round: Int
  /// The digest of the head that predicted.
  package let teacherDigest: String
  /// The predicted class of every row, labelled ones first.
  package let predictions: [Int32]
  /// The calibrated probability of the predicted class, for each unlabelled row.
  package let confidences: [Float]
  /// The most probable classes after the predicted one, `[unlabelled, runnerUpCount]`.
  package let runnersUp: [Int32]
  /// Their calibrated probabilities.
  package let runnerUpProbabilities: [Float]
  /// The weight of each unlabelled row's pseudo-label; 0 where it got none.
  package let weights: [Float]
  /// What the strategy's parts decided, values and bounds for each unlabelled row.
  package let verdicts: [Verdicts]

  /// The number of runners-up of a row.
  package var runnerUpCount: Int {
    confidences.isEmpty ? 0 : runnersUp.count / confidences.count
  }
}

/// All that is known of one row in one round.
package struct PseudoLabel: Sendable, Equatable {
  /// A part's decision.
  package struct Verdict: Sendable, Equatable {
    /// The part.
    package let part: VerdictPart
    /// What was looked at.
    package let value: Float
    /// What it was compared with.
    package let bound: Float
    /// Whether the row passed.
    package var isPassed: Bool { part.passes(value, bound) }
  }

  /// A row of the pool near the row.
  package struct Neighbor: Sendable, Equatable {
    /// The row, labelled ones first.
    package let row: Int
    /// The cosine.
    package let similarity: Double
    /// Its predicted class.
    package let predictedClass: Int
  }

  /// The position among the unlabelled rows.
  package let index: Int
  /// The round.
  package let round: Int
  /// The predicted class.
  package let predictedClass: Int
  /// Its calibrated probability.
  package let confidence: Float
  /// The smoothed class-mean score: higher is more foreign.
  package let oodScore: Float
  /// The weight of the pseudo-label; 0 where the row got none.
  package let weight: Float
  /// The decisions, in the order in which the parts were asked.
  package let verdicts: [Verdict]
  /// The neighbours that voted.
  package let neighbors: [Neighbor]
  /// The most probable classes after the first, with their calibrated probabilities.
  package let runnersUp: [(predictedClass: Int, probability: Float)]
  /// The digest of the head that predicted.
  package let teacherDigest: String

  package static func == (lhs: PseudoLabel, rhs: PseudoLabel) -> Bool {
    lhs.index == rhs.index && lhs.round == rhs.round && lhs.predictedClass == rhs.predictedClass
      && lhs.confidence == rhs.confidence && lhs.oodScore == rhs.oodScore
      && lhs.weight == rhs.weight && lhs.verdicts == rhs.verdicts
      && lhs.neighbors == rhs.neighbors && lhs.teacherDigest == rhs.teacherDigest
      && lhs.runnersUp.elementsEqual(rhs.runnersUp, by: ==)
  }
}
