package import Methods

/// A way to score an answer: a higher value is a better answer, for every method.
///
/// A judge is a pure function of its parameters, its fitted state and the answer: what it needs
/// from encoders and language models comes with the answer as values.
package protocol Judge: Sendable {
  /// The settings of the method.
  associatedtype Parameters: MethodParameters

  /// What the method is.
  static var card: MethodCard { get }

  /// What an answer has to bring besides its text.
  static func inputs(of parameters: Parameters) -> Set<JudgeInput>

  /// Learns what the method has to learn from answers without labels.
  static func fitted(
    _ parameters: Parameters, on answers: [JudgedAnswer]
  ) throws(JudgeFitError) -> Self

  /// Restores a judge from its fitted state.
  init(_ parameters: Parameters, state: [Double]) throws(JudgeFitError)

  /// The settings.
  var parameters: Parameters { get }

  /// What fitting found; empty for methods that learn nothing.
  var state: [Double] { get }

  /// Scores one answer, or says why there is no score.
  func judgement(on answer: JudgedAnswer) -> Judgement
}

extension Judge {
  /// Creates a judge of a method that learns nothing.
  package static func fitted(
    _ parameters: Parameters, on answers: [JudgedAnswer]
  ) throws(JudgeFitError) -> Self {
    try Self(parameters, state: [])
  }

  /// Nothing was learnt.
  package var state: [Double] { [] }

  /// Throws where parameters or state cannot be those of a method that learns nothing.
  static func check(_ parameters: Parameters, state: [Double]) throws(JudgeFitError) {
    if let violation = parameters.violation { throw .parameter(violation) }
    guard state.isEmpty else { throw .state(method: card.id, count: state.count) }
  }
}

/// What an answer has to bring besides its text.
package enum JudgeInput: Sendable, Hashable, CaseIterable {
  /// The log-probabilities of its tokens.
  case logProbabilities
  /// The number of an encoder's tokens that it has.
  case tokenCount
  /// The vectors of answer and reference.
  case vectors
  /// The states of the tokens of answer and reference.
  case tokenStates
}

/// Why there is no judge.
package enum JudgeFitError: Error, Equatable {
  /// A setting is out of its range.
  case parameter(ParameterViolation)
  /// A pattern of the settings is no regular expression.
  case pattern(PatternError)
  /// There are too few answers with a score to learn from.
  case tooFewAnswers(count: Int, required: Int)
  /// All answers that it was to learn from have the same value.
  case constant(feature: String)
  /// A stored state is not one of the method's.
  case state(method: String, count: Int)
}
