/// The third of the four parts of a strategy: which of the admissible rows get a pseudo-label.
package protocol Selector: Sendable {
  /// The rows chosen from `admissible`, which every filter let pass, and their weights.
  func selection(from admissible: [Int], in round: RoundView) -> Selection
}

/// Rows that get a pseudo-label.
package struct Selection: Sendable, Equatable {
  /// The rows, ascending.
  package let rows: [Int]
  /// The weight of each row, positive, beside a true label's.
  package let weights: [Float]
  /// What decided, for all rows of the round; nil where every admissible row was taken.
  package let verdicts: Verdicts?
}
