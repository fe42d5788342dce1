/// Whether and how an answer was scored.
///
/// No aggregate may count anything but `scored`.
package enum Judgement: Sendable, Equatable {
  /// There is a score.
  case scored(Score)
  /// The judge has no opinion on this answer.
  case unscored(UnscoredReason)
  /// Judging failed.
  case error(JudgingFailure)

  /// The score's value; nil where there is none.
  package var value: Double? {
    guard case .scored(let score) = self else { return nil }
    return score.value
  }
}

/// A score and what it is made of.
package struct Score: Sendable, Equatable {
  /// Higher is better; finite.
  package let value: Double
  /// The summands, or figures that explain the value.
  package let parts: [ScorePart]

  /// Creates a score.
  package init(_ value: Double, parts: [ScorePart] = []) {
    self.value = value
    self.parts = parts
  }
}

/// One summand or figure of a score.
package struct ScorePart: Sendable, Equatable {
  /// The rule or feature.
  package let name: String
  /// Its value.
  package let value: Double
  /// In words, where a number does not say it.
  package let reason: String

  /// Creates a part.
  package init(_ name: String, _ value: Double, reason: String = "") {
    self.name = name
    self.value = value
    self.reason = reason
  }
}

/// Why a judge has no opinion on an answer.
package enum UnscoredReason: Sendable, Equatable {
  /// The answer is empty or white space.
  case emptyAnswer
  /// The method compares with a reference, and there is none or it is empty.
  case noReference
  /// The reference holds no answer of the form that a rule asks for.
  case unreadableReference(rule: String)
  /// There are no log-probabilities of the answer's tokens.
  case noLogProbabilities
  /// Answer or reference has no token, or nobody counted the answer's.
  case noTokens
  /// There is no other sample to agree with.
  case noOtherSamples
  /// The answer cannot be read in the form that is asked for.
  case unreadableAnswer
}

extension UnscoredReason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .emptyAnswer: "the answer is empty"
    case .noReference: "there is no reference"
    case .unreadableReference(let rule):
      "the reference holds no answer that the rule `\(rule)` can read"
    case .noLogProbabilities: "there are no log-probabilities of the answer's tokens"
    case .noTokens: "answer or reference has no token"
    case .noOtherSamples: "there is no other sample of the prompt"
    case .unreadableAnswer: "the answer cannot be read"
    }
  }
}

/// Why judging failed.
package enum JudgingFailure: Sendable, Equatable {
  /// A log-probability is NaN or above zero.
  case logProbability(index: Int, value: Float)
  /// The vectors of answer and reference have different lengths.
  case dimensions(response: Int, reference: Int)
  /// A vector or a state is not finite.
  case notFinite
  /// Whoever makes the inputs refused this answer.
  case input(String)
}

extension JudgingFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .logProbability(let index, let value):
      "the log-probability of token \(index) is \(value), not a number up to 0"
    case .dimensions(let response, let reference):
      "the answer's vector has \(response) dimensions, the reference's \(reference)"
    case .notFinite: "a vector is NaN or infinite"
    case .input(let message): message
    }
  }
}
