/// What the work of a job cost, over all its samples.
package struct WorkStatistics: Sendable, Equatable {
  /// The tokens of the prompt.
  package var promptTokenCount = 0
  /// Those of them whose state was there already.
  package var cachedTokenCount = 0
  /// The tokens of all samples, end tokens not counted.
  package var generatedTokenCount = 0
  /// Time waiting for a place in the batch.
  package var queueSeconds = 0.0
  /// Time from the place in the batch until the prompt was read.
  package var prefillSeconds = 0.0
  /// Time from then to the end.
  package var decodeSeconds = 0.0
  /// Time from the submission to the first token; 0 where there was none.
  package var firstTokenSeconds = 0.0
  /// What guessing brought and cost.
  package var speculation = DraftStatistics()
}

/// What guessing brought and cost.
package struct DraftStatistics: Sendable, Equatable {
  /// Runs of the model after the prompt, counted for each sample.
  package var stepCount = 0
  /// Tokens guessed.
  package var proposedCount = 0
  /// Those that the model confirmed.
  package var acceptedCount = 0
  /// Time spent guessing.
  package var draftSeconds = 0.0
  /// The job's share, by tokens, of the time of the runs that confirmed its guesses.
  package var verifySeconds = 0.0
  /// Steps by the number of tokens that they decided, end tokens included; index 0: one token.
  package var stepsByTokenCount: [Int] = []
  /// The same counts for each source of guesses, in the order of first use.
  package var sources: [DraftSourceCounts] = []

  /// Counts a step that decided `tokenCount` tokens.
  mutating func countStep(tokenCount: Int) {
    stepCount += 1
    while stepsByTokenCount.count < tokenCount { stepsByTokenCount.append(0) }
    stepsByTokenCount[tokenCount - 1] += 1
  }

  /// Counts a draft.
  mutating func countDraft(method: String, proposed: Int, accepted: Int) {
    proposedCount += proposed
    acceptedCount += accepted
    let index =
      sources.firstIndex { $0.method == method }
      ?? {
        sources.append(DraftSourceCounts(method: method))
        return sources.count - 1
      }()
    sources[index].proposedCount += proposed
    sources[index].acceptedCount += accepted
  }
}

/// The guesses of one method.
package struct DraftSourceCounts: Sendable, Equatable {
  /// The id of the drafting method.
  package var method: String
  /// Tokens guessed.
  package var proposedCount = 0
  /// Tokens confirmed.
  package var acceptedCount = 0
}
