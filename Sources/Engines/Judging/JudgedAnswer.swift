package import Tensors

/// One answer with all that a judge may look at.
package struct JudgedAnswer: Sendable {
  /// What was answered.
  package var response: String
  /// A right or good answer, where there is one.
  package var reference: String?
  /// Other answers to the same prompt; they only vote.
  package var otherSamples: [String]
  /// The natural logarithms of the probabilities of the answer's tokens; nil: not known.
  package var logProbabilities: [Float]?
  /// The tokens that an encoder makes of the answer, without those of start and end; nil: not
  /// known.
  package var tokenCount: Int?
  /// The sentence vectors of answer and reference; nil: not known.
  package var vectors: TextPair<[Float]>?
  /// The token states `[tokens, dimensions]` of answer and reference, without those of the start
  /// and end pieces; nil: not known.
  package var tokenStates: TextPair<Matrix<Float>>?

  /// Creates an answer.
  package init(
    response: String, reference: String? = nil, otherSamples: [String] = [],
    logProbabilities: [Float]? = nil, tokenCount: Int? = nil,
    vectors: TextPair<[Float]>? = nil, tokenStates: TextPair<Matrix<Float>>? = nil
  ) {
    self.response = response
    self.reference = reference
    self.otherSamples = otherSamples
    self.logProbabilities = logProbabilities
    self.tokenCount = tokenCount
    self.vectors = vectors
    self.tokenStates = tokenStates
  }
}

/// What an encoder makes of an answer and of its reference.
package struct TextPair<Value: Sendable>: Sendable {
  /// The answer's.
  package let response: Value
  /// The reference's.
  package let reference: Value

  /// Creates a pair.
  package init(response: Value, reference: Value) {
    self.response = response
    self.reference = reference
  }
}
