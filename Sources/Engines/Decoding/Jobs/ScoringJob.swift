/// Continuations whose probability after one prompt is asked for.
package struct ScoringJob: Sendable, Equatable {
  /// The tokens before; none: the start token.
  package var prompt: [Int32]
  /// 1 to 1024 continuations of at least one token each.
  package var continuations: [[Int32]]
  /// Score the model's first end token after each continuation as well.
  package var includesEndToken = false
  /// What is told about each token.
  package var report = TokenReport()
  /// Report the entropy of each position, in nats.
  package var reportsEntropies = false
  /// When the job fails, in seconds of the generator's clock.
  package var deadline: Double?

  /// Creates a job with the defaults.
  package init(prompt: [Int32], continuations: [[Int32]]) {
    self.prompt = prompt
    self.continuations = continuations
  }

  /// The most continuations of a job.
  package static let continuationCountMax = 1024
}

/// What the model thinks of one continuation.
package struct ScoredContinuation: Sendable, Equatable {
  /// The sum over the tokens, natural logarithm.
  package var logProbability = 0.0
  /// The tokens that were scored.
  package var tokens: [Int32] = []
  /// One for each token, natural logarithm.
  package var tokenLogProbabilities: [Float] = []
  /// Asked for: one for each token, in nats.
  package var entropies: [Float] = []
  /// The lowest of the tokens' log-probabilities.
  package var minimumLogProbability: Float = 0
  /// Every token was the most probable one at its place, the lowest id of equals.
  package var isGreedy = true
  /// Asked for: the most probable tokens at each place.
  package var top: [[TokenLikelihood]] = []
}

/// The scores of a job's continuations.
package struct ScoringResult: Sendable, Equatable {
  /// In the order of the continuations.
  package var scores: [ScoredContinuation]
  /// The tokens of the prompt.
  package var promptTokenCount: Int
}
