package import Methods

/// The strategies, in the order in which they are shown.
package enum PseudoLabelingMethods {
  /// All strategies; the first is the default.
  package static let all: [any SelfTrainingMethod.Type] = [
    BalancedQuotas.self, HAST.self, FixedThreshold.self, Supervised.self,
  ]

  /// The strategies' cards.
  package static var cards: [MethodCard] { all.map { $0.card } }
}

extension MethodParameters {
  /// The violation of a setting outside its range, nil where it is inside.
  func violation<Value: Comparable>(
    _ name: String, _ value: Value, in range: ClosedRange<Value>
  ) -> ParameterViolation? {
    range.contains(value)
      ? nil
      : ParameterViolation(
        name: name, value: "\(value)", range: "\(range.lowerBound)...\(range.upperBound)")
  }
}
