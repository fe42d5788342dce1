/// The settings of a run beside its strategy.
package struct SelfTrainingOptions: Sendable, Equatable {
  /// The expected share of each class; nil means uniform.
  package var classPrior: [Double]?
  /// What the quarantine does.
  package var quarantine: Quarantine.Policy
  /// The most folds of the cross-validation on the true labels.
  package var foldCountMax: Int
  /// Whether heads keep the temperature 1.
  package var skipsCalibration: Bool
  /// Seeds the folds and every draw.
  package var seed: UInt64

  /// Creates the settings; a given prior has positive elements, which are divided by their sum.
  package init(
    classPrior: [Double]? = nil, quarantine: Quarantine.Policy = .automatic,
    foldCountMax: Int = 5, skipsCalibration: Bool = false, seed: UInt64 = 0
  ) {
    precondition(foldCountMax >= 2, "\(foldCountMax) folds")
    precondition(
      classPrior?.allSatisfy { $0 > 0 && $0.isFinite } ?? true, "a share is not positive")
    self.classPrior = classPrior
    self.quarantine = quarantine
    self.foldCountMax = foldCountMax
    self.skipsCalibration = skipsCalibration
    self.seed = seed
  }
}
