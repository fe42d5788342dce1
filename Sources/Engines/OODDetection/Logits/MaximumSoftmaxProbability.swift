package import Methods
package import Tensors

private import RealModule

/// One minus the largest class probability: `1 - max_c softmax(l / T)_c`, in `0..<1`.
///
/// `l = x · Wᵀ + b` are the logits of the head and `T` its calibration temperature. The score is
/// summed from the other classes' probabilities, so that it keeps its digits where the largest is
/// near one.
///
/// Shapes: features `[rows, dimensions]`, float32, one score a row. Cost: `2 · dimensions ·
/// classes` operations and `classes` exponentials a row.
/// Source: D. Hendrycks and K. Gimpel, A Baseline for Detecting Misclassified and
/// Out-of-Distribution Examples in Neural Networks, ICLR 2017, arXiv 1610.02136.
package struct MaximumSoftmaxProbability: OODScorer {
  /// The method has no settings.
  package struct Parameters: MethodParameters {
    /// Creates the defaults.
    package init() {}
    /// The first setting that is out of its range.
    package var violation: ParameterViolation? { nil }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "msp", title: "Maximum softmax probability",
    source: "Hendrycks and Gimpel, A Baseline for Detecting Misclassified and "
      + "Out-of-Distribution Examples in Neural Networks, ICLR 2017",
    needs: [.features, .head],
    summary: "One minus the largest class probability of the head.")

  /// The settings that the scorer was fitted with.
  package let parameters: Parameters
  private let head: LinearHead

  /// Fits the method on the known distribution.
  package static func fitted(
    _ parameters: Parameters, on reference: ReferenceSet
  ) throws(FitError) -> MaximumSoftmaxProbability {
    guard let head = reference.head else { throw .missing(method: card.id, need: .head) }
    return MaximumSoftmaxProbability(parameters: parameters, head: head)
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
    let logits = head.logits(features)  // [rows, classes]
    let classes = logits.columnCount
    return logits.withUnsafeBufferPointer { elements in
      (0..<logits.rowCount).map { row in
        let values = elements[row * classes..<(row + 1) * classes]
        var best = values.startIndex
        for index in values.indices where values[index] > values[best] { best = index }
        var others: Float = 0
        for index in values.indices where index != best {
          others += Float.exp((values[index] - values[best]) / head.temperature)
        }
        return others / (1 + others)
      }
    }
  }
}
