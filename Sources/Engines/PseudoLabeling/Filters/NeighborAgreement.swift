/// Lets pass the rows whose neighbours mostly have the same prediction.
package struct NeighborAgreement: Filter, Equatable {
  /// The share of the neighbours that must agree, in `0...1`.
  package var minimum: Float
  /// Whether more than that share must agree, so that 0.5 means a majority.
  package var excludesMinimum: Bool

  /// Creates the filter.
  package init(minimum: Float, excludesMinimum: Bool = false) {
    precondition((0...1).contains(minimum), "agreement \(minimum)")
    self.minimum = minimum
    self.excludesMinimum = excludesMinimum
  }

  /// The verdicts on all rows of `round`.
  package func verdicts(on round: RoundView) -> Verdicts {
    Verdicts(
      part: excludesMinimum ? .majority : .agreement, values: round.agreement, bounds: [minimum])
  }
}
