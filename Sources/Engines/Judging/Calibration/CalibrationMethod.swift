/// The calibrators by their names.
package enum CalibrationMethod: String, Sendable, CaseIterable {
  /// `IsotonicCalibrator`.
  case isotonic
  /// `PlattCalibrator`.
  case platt

  /// The fewest answers from which steps are steadier than a curve.
  package static let isotonicItemCount = 1000

  /// The method for this many labelled answers where the caller names none.
  package static func automatic(itemCount: Int) -> CalibrationMethod {
    itemCount >= isotonicItemCount ? .isotonic : .platt
  }

  /// Fits a calibrator of this method.
  package func fitted(
    scores: [Double], outcomes: [Double]
  ) throws(CalibrationError) -> any Calibrator {
    switch self {
    case .isotonic: try IsotonicCalibrator(scores: scores, outcomes: outcomes)
    case .platt: try PlattCalibrator(scores: scores, outcomes: outcomes)
    }
  }

  /// Restores a calibrator of this method.
  package func restored(state: [Double]) throws(CalibrationError) -> any Calibrator {
    switch self {
    case .isotonic: try IsotonicCalibrator(state: state)
    case .platt: try PlattCalibrator(state: state)
    }
  }
}
