/// A map from a judge's scores to probabilities of being right, never decreasing.
///
/// A score is only a rank; the probability is what may be compared with a limit. It is fitted on
/// labelled answers that the judge was not fitted on.
package protocol Calibrator: Sendable {
  /// Fits the map to outcomes between wrong, 0, and right, 1.
  init(scores: [Double], outcomes: [Double]) throws(CalibrationError)

  /// Restores a map from its state.
  init(state: [Double]) throws(CalibrationError)

  /// What fitting found.
  var state: [Double] { get }

  /// The probability of being right that a score stands for.
  func probability(of score: Double) -> CalibratedProbability
}

/// A probability with its interval at 95 %.
package struct CalibratedProbability: Sendable, Equatable {
  /// The probability, `0...1`.
  package let value: Double
  /// The interval's lower end, at most `value`.
  package let lower: Double
  /// The interval's upper end, at least `value`.
  package let upper: Double
}

/// Why scores cannot be mapped to probabilities.
package enum CalibrationError: Error, Equatable {
  /// There are too few labelled answers.
  case tooFew(count: Int, required: Int)
  /// All labelled answers are right, or all are wrong.
  case oneOutcome(Double)
  /// All scores are the same.
  case constantScores(Double)
  /// A score or an outcome is not finite, or an outcome is outside of `0...1`.
  case invalid(index: Int)
  /// A stored state is not one of the map's.
  case state(count: Int)
}

extension CalibrationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tooFew(let count, let required):
      "\(count) labelled answers with a score are too few to calibrate; \(required) are needed"
    case .oneOutcome(let outcome):
      "all labelled answers are \(outcome > 0.5 ? "right" : "wrong"); both kinds are needed"
    case .constantScores(let score):
      "all scores are \(score): they cannot tell right from wrong"
    case .invalid(let index):
      "the score or the label of labelled answer \(index) is not a number in its range"
    case .state(let count): "\(count) numbers are no calibration"
    }
  }
}

/// The fewest labelled answers that a calibration is fitted on.
package let calibrationItemCountMin = 20

/// Checks what every calibrator needs.
func checkCalibration(scores: [Double], outcomes: [Double]) throws(CalibrationError) {
  precondition(
    scores.count == outcomes.count, "\(scores.count) scores for \(outcomes.count) outcomes")
  for index in scores.indices {
    guard scores[index].isFinite, (0...1).contains(outcomes[index]) else {
      throw .invalid(index: index)
    }
  }
  guard scores.count >= calibrationItemCountMin else {
    throw .tooFew(count: scores.count, required: calibrationItemCountMin)
  }
  guard scores.contains(where: { $0 != scores[0] }) else { throw .constantScores(scores[0]) }
  guard outcomes.contains(where: { $0 != outcomes[0] }) else { throw .oneOutcome(outcomes[0]) }
}
