package import Methods

/// The labels alone: the baseline that every other strategy is compared with.
///
/// Source: D. Cox, The Regression Analysis of Binary Sequences, JRSS B, 1958, in its multinomial
/// form.
package struct Supervised: SelfTrainingMethod {
  /// What the strategy is.
  package static let card = MethodCard(
    id: "supervised", title: "Labels only",
    source: "Cox, The Regression Analysis of Binary Sequences, JRSS B, 1958",
    needs: [.features, .labels],
    summary: "Fits the head on the labels and gives no pseudo-label.")

  /// There are no settings.
  package struct Parameters: MethodParameters {
    /// Creates the defaults.
    package init() {}
    /// The first setting out of its range.
    package var violation: ParameterViolation? { nil }
  }

  /// The composition for valid parameters.
  package static func strategy(_: Parameters, head: LogisticHead) -> Strategy {
    Strategy(
      head: head, filters: [], selector: EverySelector(), targets: HardTargets(), roundCount: 0,
      neighborCount: 10, momentum: 1, labelWeight: 1, usesCalibration: false,
      candidateCountMax: nil)
  }
}
