/// Lets pass the rows whose confidence exceeds a fixed bound.
package struct ConfidenceBound: Filter, Equatable {
  /// The bound, in `0..<1`.
  package var minimum: Float

  /// Creates the filter.
  package init(minimum: Float) {
    precondition((0..<1).contains(minimum), "confidence \(minimum)")
    self.minimum = minimum
  }

  /// The verdicts on all rows of `round`.
  package func verdicts(on round: RoundView) -> Verdicts {
    Verdicts(part: .confidence, values: round.confidences, bounds: [minimum])
  }
}
