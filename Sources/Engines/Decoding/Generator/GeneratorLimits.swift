/// How much a generator takes on at once.
package struct GeneratorLimits: Sendable, Equatable {
  /// The most jobs that wait for a place in the batch.
  package var queuedJobCountMax = 64
  /// The most jobs in the batch.
  package var runningJobCountMax = 16
  /// The most sequences that grow in one step.
  package var sequenceCountMax = 32
  /// The most prompt tokens of a step that decodes other sequences as well.
  package var sharedPrefillTokensMax = 64
  /// The most prompt tokens of a step that does nothing else.
  package var prefillTokensMax = 256
  /// The most rows of logits of a step, which bounds the output buffer.
  package var logitRowCountMax = 128
  /// The most sequences that are kept after their jobs, for later prompts that begin like them.
  package var keptSequenceCountMax = 32

  /// Creates the defaults.
  package init() {}
}

/// What a generator must know about the tokens of its model.
package struct TokenTable: Sendable {
  /// The bytes of a token's text; none for a token that has no text.
  package let bytes: @Sendable (Int32) -> [UInt8]
  /// The tokens that end an answer, the usual one first.
  package let endTokens: [Int32]
  /// The token that stands before texts without a prompt.
  package let startToken: Int32

  /// Creates a table.
  package init(
    endTokens: [Int32], startToken: Int32, bytes: @escaping @Sendable (Int32) -> [UInt8]
  ) {
    self.endTokens = endTokens
    self.startToken = startToken
    self.bytes = bytes
  }
}
