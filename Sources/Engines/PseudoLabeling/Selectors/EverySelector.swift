/// Takes every admissible row with the weight of a true label.
package struct EverySelector: Selector, Equatable {
  /// Creates the selector.
  package init() {}

  /// The rows chosen from `admissible` and their weights.
  package func selection(from admissible: [Int], in _: RoundView) -> Selection {
    Selection(
      rows: admissible, weights: [Float](repeating: 1, count: admissible.count), verdicts: nil)
  }
}
