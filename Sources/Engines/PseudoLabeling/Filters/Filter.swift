/// The second of the four parts of a strategy: says which rows may not get a pseudo-label, and why.
package protocol Filter: Sendable {
  /// The verdicts on all rows of `round`.
  func verdicts(on round: RoundView) -> Verdicts
}

/// One part's decisions about rows, each with what was compared with what.
package struct Verdicts: Sendable, Equatable {
  /// The part that decided.
  package let part: VerdictPart
  /// What was looked at, for each row.
  package let values: [Float]
  /// What it was compared with, for each row or one for all.
  package let bounds: [Float]

  /// Creates verdicts; `bounds` has one element, or as many as `values`.
  package init(part: VerdictPart, values: [Float], bounds: [Float]) {
    precondition(
      bounds.count == 1 || bounds.count == values.count,
      "\(bounds.count) bounds for \(values.count) values")
    self.part = part
    self.values = values
    self.bounds = bounds
  }

  /// What the value of `row` was compared with.
  package func bound(of row: Int) -> Float { bounds.count == 1 ? bounds[0] : bounds[row] }

  /// Whether `row` passed.
  package func passes(_ row: Int) -> Bool { part.passes(values[row], bound(of: row)) }
}

/// The parts that decide about a row, and how they compare.
package enum VerdictPart: UInt8, Sendable, CaseIterable {
  /// The smoothed class-mean score, which may not exceed the quarantine's threshold.
  case quarantine = 1
  /// The verdict of a detector outside: 1 is foreign.
  case detector = 2
  /// The share of neighbours with the same prediction, which must reach the bound.
  case agreement = 3
  /// The share of neighbours with the same prediction, which must exceed the bound.
  case majority = 4
  /// The confidence, which must exceed the bound.
  case confidence = 5
  /// The score, which must reach the lowest score that the class's quota took.
  case quota = 6

  /// The part's name on the wire.
  package var name: String {
    switch self {
    case .quarantine: "quarantine"
    case .detector: "detector"
    case .agreement, .majority: "agreement"
    case .confidence: "confidence"
    case .quota: "quota"
    }
  }

  /// Whether `value` is on the right side of `bound`.
  package func passes(_ value: Float, _ bound: Float) -> Bool {
    switch self {
    case .quarantine: value <= bound
    case .detector: value < bound
    case .agreement, .quota: value >= bound
    case .majority, .confidence: value > bound
    }
  }
}
