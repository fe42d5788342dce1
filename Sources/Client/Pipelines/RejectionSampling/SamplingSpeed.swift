/// What the answers cost: the content of `speed.json`, apart from `metrics.json` because no two
/// runs take the same time.
package struct SamplingSpeed: Codable, Sendable, Equatable {
  /// The guesses of one method.
  package struct Source: Codable, Sendable, Equatable {
    /// The id of the drafting method.
    package var method: String
    /// Tokens guessed.
    package var proposedCount: Int
    /// Tokens that the model confirmed.
    package var acceptedCount: Int
  }

  /// Wall time in which the model was asked, over all sessions of the run.
  package var seconds = 0.0
  /// The tokens of all answers.
  package var generatedTokenCount = 0
  /// The tokens of all prompts.
  package var promptTokenCount = 0
  /// Those of them whose state was there already.
  package var cachedTokenCount = 0
  /// Runs of the model after the prompts.
  package var stepCount = 0
  /// Tokens guessed.
  package var proposedCount = 0
  /// Tokens confirmed.
  package var acceptedCount = 0
  /// Time spent guessing.
  package var draftSeconds = 0.0
  /// Time spent confirming.
  package var verifySeconds = 0.0
  /// Method by method.
  package var sources: [Source] = []

  /// Generated tokens a second.
  package var tokensPerSecond: Double { seconds > 0 ? Double(generatedTokenCount) / seconds : 0 }

  /// The cost of all answers in `store`.
  init(_ store: AnswerStore, questionCount: Int) throws {
    var bySource: [String: [Int]] = [:]
    for question in 0..<questionCount {
      let cost = try store.record(of: question).cost
      seconds += cost.seconds
      generatedTokenCount += cost.generatedTokens
      promptTokenCount += cost.promptTokens
      cachedTokenCount += cost.cachedTokens
      stepCount += cost.steps
      proposedCount += cost.proposed
      acceptedCount += cost.accepted
      draftSeconds += cost.draftSeconds
      verifySeconds += cost.verifySeconds
      for (method, counts) in cost.sources {
        bySource[method] = zip(bySource[method] ?? [0, 0], counts).map { $0 + $1 }
      }
    }
    sources = bySource.sorted { $0.key < $1.key }.map {
      Source(method: $0.key, proposedCount: $0.value[0], acceptedCount: $0.value[1])
    }
  }
}
