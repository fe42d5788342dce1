package import CoreMetrics
internal import Decoding

/// Counts what the daemon does.
package struct InferenceCounters: Sendable {
  /// Tokens of prompts, those whose state was there already included.
  package var promptTokens: Counter?
  /// Tokens of prompts whose state was there already.
  package var cachedTokens: Counter?
  /// Tokens that were generated.
  package var generatedTokens: Counter?
  /// Tokens that were guessed.
  package var proposedTokens: Counter?
  /// Guessed tokens that the model confirmed.
  package var acceptedTokens: Counter?

  /// Creates counters that count nothing.
  package init() {}

  /// Counts a generation job.
  func count(_ work: WorkStatistics) {
    promptTokens?.increment(by: work.promptTokenCount)
    cachedTokens?.increment(by: work.cachedTokenCount)
    generatedTokens?.increment(by: work.generatedTokenCount)
    proposedTokens?.increment(by: work.speculation.proposedCount)
    acceptedTokens?.increment(by: work.speculation.acceptedCount)
  }
}
