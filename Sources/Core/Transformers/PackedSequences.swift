/// Token sequences one after the other, without padding.
package struct PackedSequences: Sendable, Equatable {
  /// All tokens, sequence after sequence.
  package private(set) var ids: [Int32] = []
  /// Where each sequence begins, and the end of the last.
  package private(set) var starts: [Int] = [0]

  /// Packs `sequences`; none may be empty.
  package init(_ sequences: [[Int32]] = []) {
    for sequence in sequences { append(sequence) }
  }

  /// The number of sequences.
  package var count: Int { starts.count - 1 }
  /// The number of tokens of all sequences.
  package var tokenCount: Int { ids.count }

  /// Adds a sequence, which is not empty.
  package mutating func append(_ sequence: [Int32]) {
    precondition(!sequence.isEmpty, "a sequence without tokens")
    ids += sequence
    starts.append(ids.count)
  }

  /// The places of a sequence's tokens.
  package func range(_ index: Int) -> Range<Int> { starts[index]..<starts[index + 1] }
}
