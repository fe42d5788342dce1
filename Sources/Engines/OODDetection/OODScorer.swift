package import Methods
package import Tensors

/// A way to score how far features are from the distribution that it was fitted on.
///
/// A higher score is more out of distribution, for every method. A fitted scorer is immutable and
/// free to share. Scores of a batch equal those of its rows alone within 1e-4 of their magnitude
/// (products of matrices may add in another order), and are the same bits for the same batch and
/// thread count.
package protocol OODScorer: Sendable {
  associatedtype Parameters: MethodParameters

  /// What the method is.
  static var card: MethodCard { get }

  /// Fits the method on the known distribution.
  static func fitted(
    _ parameters: Parameters, on reference: ReferenceSet
  ) throws(FitError) -> Self

  /// Reads a fitted scorer from its stored state.
  init(reading state: inout StateReader, parameters: Parameters) throws(StateError)

  /// Writes what fitting found, without the parameters.
  func write(to state: inout StateWriter)

  /// The settings that the scorer was fitted with.
  var parameters: Parameters { get }

  /// The number of dimensions of the features.
  var dimensionCount: Int { get }

  /// The rank of the covariance, for methods that have one.
  var covarianceRank: Int? { get }

  /// The scores of `features` `[rows, dimensions]`, one a row.
  ///
  /// The features are finite and within `FeatureLimits`, which `FeatureError.check` proves.
  func scores(_ features: Matrix<Float>) -> [Float]
}

extension OODScorer {
  /// The rank of the covariance, for methods that have one.
  package var covarianceRank: Int? { nil }
}
