package import Transformers

/// A language model with its cache; used by one thread at a time.
///
/// The cache is made of pages of `positionsPerPage` positions. A sequence of `n` positions holds
/// `⌈n / positionsPerPage⌉` pages; a fork shares the full ones with its origin and takes a page of
/// its own where the last is not full, at the latest when it grows.
///
/// Determinism: the logits and hidden states of a position depend on the tokens before it only.
/// They are the same bits whatever else is in the step, however the tokens were split into steps,
/// and with any number of threads.
package protocol LanguageModel: AnyObject {
  /// The number of tokens of the vocabulary.
  var vocabularySize: Int { get }
  /// The most positions of one sequence.
  var contextLength: Int { get }
  /// The size of a hidden state.
  var hiddenSize: Int { get }
  /// The number of decoder layers.
  var layerCount: Int { get }
  /// The number of positions of a page of the cache.
  var positionsPerPage: Int { get }
  /// The number of positions of all pages that no sequence holds.
  var freePositionCount: Int { get }

  /// A new sequence without positions.
  func makeSequence() -> SequenceID
  /// A new sequence with the positions of another, whose full pages they share.
  func fork(_ sequence: SequenceID) -> SequenceID
  /// Drops all positions of a sequence after the first `positionCount`.
  func truncate(_ sequence: SequenceID, to positionCount: Int)
  /// Ends a sequence; pages that nobody else holds become free.
  func remove(_ sequence: SequenceID)
  /// The number of positions of a sequence.
  func positionCount(of sequence: SequenceID) -> Int

  /// Appends the tokens of each row to its sequence and computes what is asked for.
  ///
  /// All or nothing: a step that throws has changed nothing.
  func run(_ step: ModelStep, into output: ModelOutput) throws(ModelStepError)
}
