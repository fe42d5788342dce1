/// What a method is: the one description that the code, the wire, the documentation and the command
/// line share.
package struct MethodCard: Sendable, Equatable {
  /// The method's name on the wire and on the command line, in kebab-case.
  package let id: String
  /// The method's name as people write it.
  package let title: String
  /// Authors, title, venue and year of the publication that defines the method.
  package let source: String
  /// What must be given to fit or use the method.
  package let needs: Set<MethodNeed>
  /// What the method does, in one sentence.
  package let summary: String

  /// Creates a card.
  package init(
    id: String, title: String, source: String, needs: Set<MethodNeed>, summary: String
  ) {
    self.id = id
    self.title = title
    self.source = source
    self.needs = needs
    self.summary = summary
  }
}

/// One kind of input that a method needs.
package enum MethodNeed: String, Sendable, Equatable, CaseIterable {
  /// Feature vectors of samples from the known distribution.
  case features
  /// The true class of each feature vector.
  case labels
  /// The weights and biases of a linear classifier on the features.
  case head
  /// Feature vectors of the known distribution that were not used to fit.
  case heldOut = "held-out"
  /// Feature vectors of samples without a label.
  case unlabelled
  /// A right or good answer to compare with.
  case reference
  /// Several answers to one prompt.
  case samples
  /// The log-probabilities of an answer's tokens, from a language model.
  case logProbabilities = "log-probabilities"
  /// An encoder that turns texts into vectors.
  case encoder
}

extension MethodNeed: Comparable {
  package static func < (lhs: MethodNeed, rhs: MethodNeed) -> Bool { lhs.rawValue < rhs.rawValue }
}
