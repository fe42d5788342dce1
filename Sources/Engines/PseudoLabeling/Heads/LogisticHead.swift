private import Gradients
private import Tensors

/// Multinomial logistic regression with an L2 penalty, fitted by L-BFGS.
///
/// Minimises `C · Σᵢ wᵢ · CE(tᵢ, softmax(W xᵢ + b)) + ½ ‖W‖²`. Cost of an iteration:
/// `4 · rows · dimensions · classes` operations. Deterministic for one BLAS thread count.
package struct LogisticHead: Head, Equatable {
  /// scikit-learn's `C`: the inverse of the penalty.
  package var inversePenalty: Double
  /// The L-BFGS iterations of a fit from zero.
  package var iterationCountMax: Int
  /// The L-BFGS iterations of a fit that starts from an earlier head.
  package var warmIterationCountMax: Int

  /// Creates the settings; `C` is positive and the iterations are at least 1.
  package init(
    inversePenalty: Double = 10, iterationCountMax: Int = 500, warmIterationCountMax: Int = 500
  ) {
    precondition(inversePenalty > 0, "inverse penalty \(inversePenalty)")
    precondition(
      min(iterationCountMax, warmIterationCountMax) >= 1,
      "\(iterationCountMax) and \(warmIterationCountMax) iterations")
    self.inversePenalty = inversePenalty
    self.iterationCountMax = iterationCountMax
    self.warmIterationCountMax = warmIterationCountMax
  }

  /// A fitted head and how the search for it ended.
  package struct Fit: Sendable {
    /// The head.
    package var head: LinearHead
    /// The penalised loss that the search reached.
    package let loss: Double
    /// The number of iterations.
    package let iterationCount: Int
    /// Whether the search converged, or exhausted the precision of the loss.
    package let isConverged: Bool
  }

  /// The classifier for `set`.
  package func fitted(on set: TrainingSet, from start: LinearHead?) -> LinearHead {
    fit(on: set, from: start).head
  }

  /// Fits and reports how the search ended.
  package func fit(on set: TrainingSet, from start: LinearHead?) -> Fit {
    var loss = MultinomialLogisticLoss(
      features: set.features, targets: set.targets, rowWeights: set.weights,
      classCount: set.classCount, inversePenalty: inversePenalty)
    let dimensions = set.features.columnCount
    var point = [Double](repeating: 0, count: loss.parameterCount)
    if let start {
      precondition(
        start.classCount == set.classCount && start.dimensions == dimensions,
        "a head [\(start.classCount), \(start.dimensions)] for [\(set.classCount), \(dimensions)]")
      point = start.weights.elements.map { Double($0) } + start.bias.map { Double($0) }
    }
    let search = LBFGS(
      iterationCountMax: start == nil ? iterationCountMax : warmIterationCountMax)
    let minimum = search.minimize(from: point) { loss.value(at: $0, gradient: &$1) }
    let weightCount = set.classCount * dimensions
    let head = LinearHead(
      weights: Matrix(
        rowCount: set.classCount, columnCount: dimensions,
        elements: minimum.point.prefix(weightCount).map { Float($0) }),
      bias: minimum.point.suffix(set.classCount).map { Float($0) })
    return Fit(
      head: head, loss: minimum.value, iterationCount: minimum.iterationCount,
      isConverged: minimum.outcome != .iterationLimit)
  }
}
