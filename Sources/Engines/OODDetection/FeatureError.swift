package import Tensors

/// What can be wrong with a block of features.
package enum FeatureError: Error, Equatable {
  /// An element is NaN or infinite.
  case notFinite(row: Int, column: Int)
  /// An element's magnitude is above `FeatureLimits.magnitudeMax`.
  case tooLarge(row: Int, column: Int, value: Float)
  /// The rows have another number of dimensions than the detector.
  case dimensions(expected: Int, actual: Int)

  /// Throws what is wrong with `features`, where something is.
  ///
  /// Cost: one pass.
  package static func check(
    _ features: Matrix<Float>, dimensionCount: Int
  ) throws(FeatureError) {
    guard features.columnCount == dimensionCount else {
      throw .dimensions(expected: dimensionCount, actual: features.columnCount)
    }
    let limit = FeatureLimits.magnitudeMax
    let bad = features.withUnsafeBufferPointer { elements in
      elements.firstIndex { !(abs($0) <= limit) }
    }
    guard let bad else { return }
    let row = bad / dimensionCount
    let column = bad % dimensionCount
    let value = features[row, column]
    throw value.isFinite
      ? .tooLarge(row: row, column: column, value: value) : .notFinite(row: row, column: column)
  }
}

/// The bounds on features within which no score overflows.
package enum FeatureLimits {
  /// The greatest magnitude of an element.
  package static let magnitudeMax: Float = 1e9
  /// The greatest number of dimensions.
  package static let dimensionCountMax = 65_536
}
