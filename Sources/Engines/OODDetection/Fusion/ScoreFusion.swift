package import Methods
internal import Statistics
package import Tensors

/// The sum of three standardised scores, one of each family: relative Mahalanobis distance, energy
/// and distance to the `k`-th nearest neighbour.
///
/// Each is standardised by its mean and standard deviation (divided by `n`) on held-out features of
/// the known distribution. Where one family fails (logits on familiar but foreign data, distances
/// on near neighbours) the other two outvote it.
///
/// Shapes: features `[rows, dimensions]`, float32, one score a row. Cost: the sum of the three.
/// Source: measured on CLINC150, ROSTD and held-out intents (the project's reference table); the
/// idea of summing standardised scores is E. Fox and J. Shaw's, Combination of Multiple Searches,
/// TREC-2, 1994. The parts have their own sources.
package struct ScoreFusion: OODScorer {
  /// The settings of the three parts.
  package struct Parameters: MethodParameters {
    /// The temperature of the energy.
    package var temperature: Double = 1
    /// The rank of the neighbour.
    package var k = 1
    /// The weight of the sphere in the covariances.
    package var shrinkage: Double = 0

    /// Creates the defaults.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? {
      temperatureViolation(temperature) ?? neighborViolation(k) ?? shrinkageViolation(shrinkage)
    }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "fusion", title: "Fusion of relative Mahalanobis distance, energy and nearest neighbour",
    source: "Fox and Shaw, Combination of Multiple Searches, TREC-2, 1994 (summed standardised "
      + "scores); its parts by Ren et al. 2021, Liu et al. 2020 and Sun et al. 2022",
    needs: [.features, .labels, .head, .heldOut],
    summary: "The sum of the three scores, each standardised on held-out known features.")

  /// The settings that the scorer was fitted with.
  package let parameters: Parameters
  private let relative: RelativeMahalanobis
  private let energy: EnergyScore
  private let neighbor: NearestNeighborDistance
  private let scales: [Standardization]

  /// Fits the method on the known distribution.
  package static func fitted(
    _ parameters: Parameters, on reference: ReferenceSet
  ) throws(FitError) -> ScoreFusion {
    if let violation = parameters.violation { throw .parameter(violation) }
    guard reference.head != nil else { throw .missing(method: card.id, need: .head) }
    guard reference.labels != nil else { throw .missing(method: card.id, need: .labels) }
    guard let heldOut = reference.heldOut else {
      throw .missing(method: card.id, need: .heldOut)
    }
    let parts = Parts(parameters)
    let relative = try RelativeMahalanobis.fitted(parts.relative, on: reference)
    let energy = try EnergyScore.fitted(parts.energy, on: reference)
    let neighbor = try NearestNeighborDistance.fitted(parts.neighbor, on: reference)
    let scales = [
      relative.scores(heldOut), energy.scores(heldOut), neighbor.scores(heldOut),
    ].map { Standardization(of: $0.map(Double.init)) }
    return ScoreFusion(
      parameters: parameters, relative: relative, energy: energy, neighbor: neighbor,
      scales: scales)
  }

  private init(
    parameters: Parameters, relative: RelativeMahalanobis, energy: EnergyScore,
    neighbor: NearestNeighborDistance, scales: [Standardization]
  ) {
    self.parameters = parameters
    self.relative = relative
    self.energy = energy
    self.neighbor = neighbor
    self.scales = scales
  }

  /// The number of dimensions of the features.
  package var dimensionCount: Int { relative.dimensionCount }

  /// The rank of the covariance, for methods that have one.
  package var covarianceRank: Int? { relative.covarianceRank }

  /// The scores of `features`, one a row.
  package func scores(_ features: Matrix<Float>) -> [Float] {
    let relative = relative.scores(features)
    let energy = energy.scores(features)
    let neighbor = neighbor.scores(features)
    return relative.indices.map { row in
      Float(
        scales[0](Double(relative[row])) + scales[1](Double(energy[row]))
          + scales[2](Double(neighbor[row])))
    }
  }
}

extension ScoreFusion {
  /// The settings of each part.
  private struct Parts {
    var relative = RelativeMahalanobis.Parameters()
    var energy = EnergyScore.Parameters()
    var neighbor = NearestNeighborDistance.Parameters()

    init(_ parameters: Parameters) {
      relative.shrinkage = parameters.shrinkage
      energy.temperature = parameters.temperature
      neighbor.k = parameters.k
    }
  }

  /// Reads a fitted scorer from its stored state.
  package init(
    reading state: inout StateReader, parameters: Parameters
  ) throws(StateError) {
    let parts = Parts(parameters)
    let relative = try RelativeMahalanobis(reading: &state, parameters: parts.relative)
    let energy = try EnergyScore(reading: &state, parameters: parts.energy)
    let neighbor = try NearestNeighborDistance(reading: &state, parameters: parts.neighbor)
    var scales: [Standardization] = []
    for _ in 0..<3 {
      let mean = try state.double()
      let deviation = try state.double()
      guard mean.isFinite, deviation > 0 else { throw .inconsistent("standardisation") }
      scales.append(Standardization(mean: mean, standardDeviation: deviation))
    }
    guard relative.dimensionCount == energy.dimensionCount,
      energy.dimensionCount == neighbor.dimensionCount
    else { throw .inconsistent("dimensions") }
    self.init(
      parameters: parameters, relative: relative, energy: energy, neighbor: neighbor,
      scales: scales)
  }

  /// Writes what fitting found.
  package func write(to state: inout StateWriter) {
    relative.write(to: &state)
    energy.write(to: &state)
    neighbor.write(to: &state)
    for scale in scales {
      state.append(scale.mean)
      state.append(scale.standardDeviation)
    }
  }
}
