package import Tensors

extension SelfTrainingRun {
  /// What a run must keep between steps.
  package struct State: Sendable, Equatable {
    /// The heads of the rounds done, round 0 first, with their temperatures.
    package internal(set) var heads: [LinearHead] = []
    /// The reports of the rounds done.
    package internal(set) var reports: [RoundReport] = []
    /// The moving average of the probabilities after the last round.
    package internal(set) var average: Matrix<Float>?
    /// The folds of the cross-validation done.
    package internal(set) var foldCount = 0
    /// The out-of-fold logits of each round, `[rounds][labelled · classes]`; empty without folds.
    package internal(set) var outOfFold: [[Float]] = []

    /// The state before the first step.
    package init() {}
  }
}
