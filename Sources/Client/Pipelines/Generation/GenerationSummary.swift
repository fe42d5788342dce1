package import Messages

/// What a run over a file of prompts did.
package struct GenerationSummary: Codable, Sendable, Equatable {
  /// Rows of the output.
  package var rowCount = 0
  /// Rows that were there from an earlier run.
  package var resumedCount = 0
  /// Rows without a text, for reasons that they say.
  package var failedCount = 0
  /// Tokens that were read.
  package var promptTokenCount = 0
  /// Tokens of them whose state was there already.
  package var cachedTokenCount = 0
  /// Tokens that were generated.
  package var generatedTokenCount = 0
  /// Wall time of the run.
  package var seconds = 0.0
  /// Steps of the model, counted for each sample.
  package var stepCount = 0
  /// Tokens that were guessed.
  package var proposedCount = 0
  /// Guessed tokens that the model confirmed.
  package var acceptedCount = 0

  /// Creates a summary of nothing.
  package init() {}

  /// Adds what one prompt cost.
  package mutating func add(_ work: GenerationStatistics) {
    promptTokenCount += Int(work.promptTokenCount)
    cachedTokenCount += Int(work.cachedTokenCount)
    generatedTokenCount += Int(work.generatedTokenCount)
    stepCount += Int(clamping: work.speculation?.stepCount ?? 0)
    proposedCount += Int(clamping: work.speculation?.proposedCount ?? 0)
    acceptedCount += Int(clamping: work.speculation?.acceptedCount ?? 0)
  }
}
