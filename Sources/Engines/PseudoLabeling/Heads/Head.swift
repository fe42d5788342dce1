package import Gradients
package import Tensors

/// The first of the four parts of a strategy: fits a classifier on weighted, possibly soft targets.
package protocol Head: Sendable {
  /// The classifier for `set`, found from `start` on where there is one.
  func fitted(on set: TrainingSet, from start: LinearHead?) -> LinearHead
}

/// What a head is fitted on.
package struct TrainingSet: Sendable {
  /// The features `[rows, dimensions]`.
  package let features: Matrix<Float>
  /// What each row should be.
  package let targets: MultinomialLogisticLoss.Targets
  /// The weight of each row, not negative; nil means 1.
  package let weights: [Float]?
  /// The number of classes.
  package let classCount: Int

  /// Creates a set; all parts have as many rows as `features`.
  package init(
    features: Matrix<Float>, targets: MultinomialLogisticLoss.Targets, weights: [Float]? = nil,
    classCount: Int
  ) {
    self.features = features
    self.targets = targets
    self.weights = weights
    self.classCount = classCount
  }
}
