/// Candidates of which the most probable after a prompt is asked for.
package struct ChoiceJob: Sendable, Equatable {
  /// The tokens before; none: the start token.
  package var prompt: [Int32]
  /// 2 to 1024 candidates of at least one token each.
  package var candidates: [[Int32]]
  /// Divide a candidate's log-probability by its number of tokens before comparing.
  package var normalizesByLength = false
  /// When the job fails, in seconds of the generator's clock.
  package var deadline: Double?

  /// Creates a job with the defaults.
  package init(prompt: [Int32], candidates: [[Int32]]) {
    self.prompt = prompt
    self.candidates = candidates
  }
}

/// One candidate among the others.
package struct ScoredCandidate: Sendable, Equatable {
  /// The natural logarithm of the candidate's probability after the prompt.
  package var logProbability: Double
  /// The number of the candidate's tokens.
  package var tokenCount: Int
  /// Its share among the candidates, 0 … 1.
  package var probability: Double
}

/// Which candidate follows the prompt.
package struct ChoiceResult: Sendable, Equatable {
  /// The index of the best candidate; the first of equals.
  package var choice: Int
  /// In the order of the candidates.
  package var scores: [ScoredCandidate]
  /// The probability that the text goes on with any of the candidates.
  ///
  /// A candidate that begins with another is part of that one's probability.
  package var mass: Double
}
