package import Methods
package import Tensors

/// The Mahalanobis distance to the nearest class, less that to the whole:
/// `min_c (x - μ_c)ᵀ Σ⁺ (x - μ_c) - (x - μ_0)ᵀ Σ_0⁺ (x - μ_0)`.
///
/// `Σ` is the covariance around the class means, `μ_0` and `Σ_0` mean and covariance of all rows,
/// both divided by the number of rows and inverted as in `Mahalanobis`. What is unusual for every
/// class alike, and so says little, cancels.
///
/// Shapes: features `[rows, dimensions]`, float32, one score a row. Cost: twice that of
/// `Mahalanobis`.
/// Source: J. Ren et al., A Simple Fix to Mahalanobis Distance for Improving Near-OOD Detection,
/// 2021, arXiv 2106.09022. Deviation: optional shrinkage of both covariances.
package struct RelativeMahalanobis: OODScorer {
  /// The settings of both covariances.
  package struct Parameters: MethodParameters {
    /// The weight of the sphere in both covariances, from 0 (pseudo-inverse) to 1.
    package var shrinkage: Double = 0

    /// Creates the defaults.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? { shrinkageViolation(shrinkage) }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "relative-mahalanobis", title: "Relative Mahalanobis distance",
    source: "Ren et al., A Simple Fix to Mahalanobis Distance for Improving Near-OOD Detection, "
      + "2021, arXiv 2106.09022",
    needs: [.features, .labels],
    summary: "The Mahalanobis distance to the nearest class, less that to the whole.")

  /// The settings that the scorer was fitted with.
  package let parameters: Parameters
  private let byClass: ClassDistances
  private let overall: ClassDistances

  /// Fits the method on the known distribution.
  package static func fitted(
    _ parameters: Parameters, on reference: ReferenceSet
  ) throws(FitError) -> RelativeMahalanobis {
    if let violation = parameters.violation { throw .parameter(violation) }
    guard let labels = reference.labels else { throw .missing(method: card.id, need: .labels) }
    guard reference.classes.count >= 2 else {
      throw .tooFewClasses(count: reference.classes.count, required: 2)
    }
    let byClass = try ClassDistances(
      fitting: reference.features, labels: labels, classCount: reference.classes.count,
      shrinkage: parameters.shrinkage)
    let overall = try ClassDistances(
      fitting: reference.features, labels: [Int](repeating: 0, count: labels.count), classCount: 1,
      shrinkage: parameters.shrinkage)
    return RelativeMahalanobis(parameters: parameters, byClass: byClass, overall: overall)
  }

  private init(parameters: Parameters, byClass: ClassDistances, overall: ClassDistances) {
    self.parameters = parameters
    self.byClass = byClass
    self.overall = overall
  }

  /// Reads a fitted scorer from its stored state.
  package init(
    reading state: inout StateReader, parameters: Parameters
  ) throws(StateError) {
    let byClass = try ClassDistances(reading: &state)
    let overall = try ClassDistances(reading: &state)
    guard byClass.center.count == overall.center.count else {
      throw .inconsistent("dimensions")
    }
    self.init(parameters: parameters, byClass: byClass, overall: overall)
  }

  /// Writes what fitting found.
  package func write(to state: inout StateWriter) {
    byClass.write(to: &state)
    overall.write(to: &state)
  }

  /// The number of dimensions of the features.
  package var dimensionCount: Int { byClass.center.count }

  /// The rank of the covariance, for methods that have one.
  package var covarianceRank: Int? { byClass.rank }

  /// The scores of `features`, one a row.
  package func scores(_ features: Matrix<Float>) -> [Float] {
    zip(byClass.minima(features), overall.minima(features)).map { $0 - $1 }
  }
}
