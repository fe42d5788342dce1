package import Methods
internal import Statistics
package import Tensors

/// The free energy of the logits: `E(x) = -T · log Σ_c exp(l_c / T)`.
///
/// `l = x · Wᵀ + b` are the logits of the head with its gauge fixed, as they are: the head's
/// calibration temperature is not applied. The score is negative for confident inputs.
///
/// Shapes: features `[rows, dimensions]`, float32, one score a row. Cost: `2 · dimensions ·
/// classes` operations and `classes` exponentials a row.
/// Source: W. Liu et al., Energy-based Out-of-distribution Detection, NeurIPS 2020, arXiv
/// 2010.03759. Deviation: the paper leaves the additive constant of the logits open; here it is
/// fixed.
package struct EnergyScore: OODScorer {
  /// The settings of the energy.
  package struct Parameters: MethodParameters {
    /// The temperature `T` of the energy, above zero.
    package var temperature: Double = 1

    /// Creates the defaults.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? { temperatureViolation(temperature) }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "energy", title: "Energy score",
    source: "Liu et al., Energy-based Out-of-distribution Detection, NeurIPS 2020",
    needs: [.features, .head],
    summary: "The free energy of the head's logits.")

  /// The settings that the scorer was fitted with.
  package let parameters: Parameters
  private let head: LinearHead

  /// Fits the method on the known distribution.
  package static func fitted(
    _ parameters: Parameters, on reference: ReferenceSet
  ) throws(FitError) -> EnergyScore {
    if let violation = parameters.violation { throw .parameter(violation) }
    guard let head = reference.head else { throw .missing(method: card.id, need: .head) }
    return EnergyScore(parameters: parameters, head: head)
  }

  private init(parameters: Parameters, head: LinearHead) {
    self.parameters = parameters
    self.head = head
  }

  /// Reads a fitted scorer from its stored state.
  package init(
    reading state: inout StateReader, parameters: Parameters
  ) throws(StateError) {
    self.init(parameters: parameters, head: try LinearHead(reading: &state))
  }

  /// Writes what fitting found.
  package func write(to state: inout StateWriter) { head.write(to: &state) }

  /// The number of dimensions of the features.
  package var dimensionCount: Int { head.weights.columnCount }

  /// The scores of `features`, one a row.
  package func scores(_ features: Matrix<Float>) -> [Float] {
    logSumExp(ofRows: head.logits(features), temperature: Float(parameters.temperature)).map { -$0 }
  }
}

/// What is wrong with a temperature of logits, where something is.
func temperatureViolation(_ temperature: Double) -> ParameterViolation? {
  guard temperature >= 1e-6, temperature <= 1e6 else {
    return ParameterViolation(
      name: "temperature", value: "\(temperature)", range: "1e-6 to 1e6")
  }
  return nil
}
