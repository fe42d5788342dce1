private import Methods

/// The judges of the suite.
package enum JudgingMethods {
  /// Every method, in the order in which they are listed to people.
  package static let all: [any Judge.Type] = [
    AnswerLength.self, MeanLogProbability.self, SequenceLogProbability.self,
    ReferenceSimilarity.self, BERTScore.self, Consensus.self, Rules.self,
  ]

  /// The method of this id, if there is one.
  package static func named(_ id: String) -> (any Judge.Type)? {
    all.first { $0.card.id == id }
  }
}
