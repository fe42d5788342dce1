/// The name of one sequence of tokens in the cache of a language model.
package struct SequenceID: Hashable, Sendable {
  /// A number that the model gives out once.
  package let index: Int

  /// Creates the name of a sequence.
  package init(index: Int) { self.index = index }
}
