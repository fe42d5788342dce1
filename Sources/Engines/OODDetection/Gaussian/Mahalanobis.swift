package import Methods
package import Tensors

/// The squared Mahalanobis distance to the nearest class mean: `min_c (x - μ_c)ᵀ Σ⁺ (x - μ_c)`.
///
/// `Σ` is the covariance around the class means, divided by the number of rows and shared by all
/// classes. Without shrinkage its pseudo-inverse is taken by an eigendecomposition in double
/// precision, in which eigenvalues up to 1e-10 of the largest count as zero: features with dead
/// dimensions have a singular covariance, and a plain inverse of it is noise.
///
/// Shapes: features `[rows, dimensions]`, float32, one score a row. Cost:
/// `2 · dimensions · (rank + classes)` operations a row; fitting `2 n d² + 9 d³`.
/// Source: K. Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples and
/// Adversarial Attacks, NeurIPS 2018, arXiv 1807.03888. Deviations: one layer, no input
/// perturbation; optional shrinkage of the covariance towards the sphere of the same trace.
package struct Mahalanobis: OODScorer {
  /// The settings of the covariance.
  package struct Parameters: MethodParameters {
    /// The weight of the sphere in the covariance, from 0 (pseudo-inverse) to 1.
    package var shrinkage: Double = 0

    /// Creates the defaults.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? { shrinkageViolation(shrinkage) }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "mahalanobis", title: "Mahalanobis distance",
    source: "Lee et al., A Simple Unified Framework for Detecting Out-of-Distribution Samples and "
      + "Adversarial Attacks, NeurIPS 2018",
    needs: [.features, .labels],
    summary: "The squared Mahalanobis distance to the nearest class mean under one covariance.")

  /// The settings that the scorer was fitted with.
  package let parameters: Parameters
  private let distances: ClassDistances

  /// Fits the method on the known distribution.
  package static func fitted(
    _ parameters: Parameters, on reference: ReferenceSet
  ) throws(FitError) -> Mahalanobis {
    if let violation = parameters.violation { throw .parameter(violation) }
    guard let labels = reference.labels else { throw .missing(method: card.id, need: .labels) }
    return Mahalanobis(
      parameters: parameters,
      distances: try ClassDistances(
        fitting: reference.features, labels: labels, classCount: reference.classes.count,
        shrinkage: parameters.shrinkage))
  }

  private init(parameters: Parameters, distances: ClassDistances) {
    self.parameters = parameters
    self.distances = distances
  }

  /// Reads a fitted scorer from its stored state.
  package init(
    reading state: inout StateReader, parameters: Parameters
  ) throws(StateError) {
    self.init(parameters: parameters, distances: try ClassDistances(reading: &state))
  }

  /// Writes what fitting found.
  package func write(to state: inout StateWriter) { distances.write(to: &state) }

  /// The number of dimensions of the features.
  package var dimensionCount: Int { distances.center.count }

  /// The rank of the covariance, for methods that have one.
  package var covarianceRank: Int? { distances.rank }

  /// The scores of `features`, one a row.
  package func scores(_ features: Matrix<Float>) -> [Float] { distances.minima(features) }
}

/// What is wrong with a weight of the sphere, where something is.
func shrinkageViolation(_ shrinkage: Double) -> ParameterViolation? {
  guard shrinkage >= 0, shrinkage <= 1 else {
    return ParameterViolation(name: "shrinkage", value: "\(shrinkage)", range: "0 to 1")
  }
  return nil
}
