package import Methods

/// The log-probability of the whole answer: `Σ_t log p(y_t | x, y_<t)`, in nats.
///
/// For short answers that can be right or wrong it tells well when to abstain; for free text it
/// prefers the shorter answer.
/// Source: A. Malinin and M. Gales, Uncertainty Estimation in Autoregressive Structured Prediction,
/// ICLR 2021, arXiv 2002.07650 (sequence-level confidence).
package struct SequenceLogProbability: Judge {
  /// There is nothing to set.
  package struct Parameters: MethodParameters {
    /// Creates the defaults.
    package init() {}

    /// Nothing can be out of range.
    package var violation: ParameterViolation? { nil }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "sequence-logprob", title: "Sequence log-probability",
    source: "Malinin and Gales, Uncertainty Estimation in Autoregressive Prediction, ICLR 2021",
    needs: [.logProbabilities],
    summary: "The log-probability of the whole answer: for short answers that can be checked.")

  /// The log-probabilities have to be there.
  package static func inputs(of parameters: Parameters) -> Set<JudgeInput> { [.logProbabilities] }

  /// The settings.
  package let parameters: Parameters

  /// Creates a judge.
  package init(
    _ parameters: Parameters = Parameters(), state: [Double] = []
  ) throws(JudgeFitError) {
    try Self.check(parameters, state: state)
    self.parameters = parameters
  }

  /// The sum of the log-probabilities.
  package func judgement(on answer: JudgedAnswer) -> Judgement {
    judgementOnLogProbabilities(of: answer) { sum, _ in sum }
  }
}
