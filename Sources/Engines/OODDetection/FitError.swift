package import Methods

/// Why a detector cannot be fitted.
package enum FitError: Error, Equatable {
  /// A part of the reference data.
  package enum Part: String, Sendable {
    case fit
    case heldOut = "held-out"
  }

  /// There is no row to fit on.
  case noRows(Part)
  /// A block of features is wrong.
  case features(Part, FeatureError)
  /// The labels are not one for each row.
  case labelCount(labels: Int, rows: Int)
  /// The head's weights or biases do not fit the features or each other.
  case headShape(classes: Int, dimensions: Int, biases: Int, expectedDimensions: Int)
  /// A weight or bias of the head is NaN or infinite, or its temperature not above zero.
  case headNotFinite
  /// The method needs something that is not there.
  case missing(method: String, need: MethodNeed)
  /// A setting is out of its range.
  case parameter(ParameterViolation)
  /// The rank of the neighbour is above the number of rows.
  case tooFewRows(count: Int, required: Int)
  /// There are too few classes for the method.
  case tooFewClasses(count: Int, required: Int)
  /// The covariance is zero: within each class all rows are equal.
  case zeroCovariance
  /// The eigensolver did not converge; LAPACK's `info`.
  case eigensolver(info: Int)
}
