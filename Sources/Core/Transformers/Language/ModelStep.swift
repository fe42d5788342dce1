/// The rows of one sequence in a run of a language model.
package struct SequenceRows: Sendable, Equatable {
  /// The sequence that the tokens continue.
  package var sequence: SequenceID
  /// The tokens, at least one, which take the sequence's next positions.
  package var tokens: [Int32]
  /// The index of the first token whose logits are wanted; the number of tokens: none are.
  package var logitsFrom: Int
  /// The layer whose output is wanted for every token, from 1, without the final norm; 0: the last
  /// layer's, with it; nil: no hidden states.
  package var hiddenLayer: Int?

  /// Creates the rows of a sequence.
  package init(
    sequence: SequenceID, tokens: [Int32], logitsFrom: Int, hiddenLayer: Int? = nil
  ) {
    precondition(
      !tokens.isEmpty && (0...tokens.count).contains(logitsFrom),
      "logits from row \(logitsFrom) of \(tokens.count)")
    self.sequence = sequence
    self.tokens = tokens
    self.logitsFrom = logitsFrom
    self.hiddenLayer = hiddenLayer
  }

  /// The number of rows of logits that are wanted.
  package var logitRowCount: Int { tokens.count - logitsFrom }
}

/// What one run of a language model computes.
package struct ModelStep: Sendable, Equatable {
  /// The rows, sequence after sequence; no sequence occurs twice.
  package var rows: [SequenceRows]

  /// Creates a step.
  package init(rows: [SequenceRows] = []) { self.rows = rows }

  /// The number of tokens of all sequences.
  package var tokenCount: Int { rows.reduce(0) { $0 + $1.tokens.count } }
  /// The number of rows of logits that are wanted.
  package var logitRowCount: Int { rows.reduce(0) { $0 + $1.logitRowCount } }
  /// The number of hidden states that are wanted.
  package var hiddenRowCount: Int {
    rows.reduce(0) { $0 + ($1.hiddenLayer == nil ? 0 : $1.tokens.count) }
  }
}

/// Why a step was refused; nothing has changed then.
package enum ModelStepError: Error, Equatable {
  /// The cache has room for `free` more positions, and the step needs `needed`.
  case cacheFull(needed: Int, free: Int)
  /// A sequence would have more positions than the model's context.
  case contextFull(positions: Int, limit: Int)
  /// A token is not in the vocabulary.
  case unknownToken(id: Int32, vocabularySize: Int)
  /// A layer is not in the model.
  case unknownLayer(layer: Int, layerCount: Int)
}
