package import Methods

/// The mean log-probability of the answer's tokens: `(1 / n) Σ_t log p(y_t | x, y_<t)`, in nats.
///
/// The negative logarithm of the perplexity. It does not tell good free-form answers from bad ones;
/// shorter and blander text is likelier.
/// Source: H. Ye and H. T. Ng, Self-Judge: Selective Instruction Following with Alignment
/// Self-Evaluation, 2024, arXiv 2409.00935 (perplexity as a judge).
package struct MeanLogProbability: Judge {
  /// There is nothing to set.
  package struct Parameters: MethodParameters {
    /// Creates the defaults.
    package init() {}

    /// Nothing can be out of range.
    package var violation: ParameterViolation? { nil }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "mean-logprob", title: "Mean log-probability",
    source: "Ye and Ng, Self-Judge, 2024, arXiv 2409.00935 (perplexity as a judge)",
    needs: [.logProbabilities],
    summary: "The mean log-probability of the answer's tokens under a language model.")

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

  /// The mean of the log-probabilities.
  package func judgement(on answer: JudgedAnswer) -> Judgement {
    judgementOnLogProbabilities(of: answer) { sum, count in sum / Double(count) }
  }
}

/// The judgement that a function of the sum and the number of log-probabilities gives.
func judgementOnLogProbabilities(
  of answer: JudgedAnswer, _ value: (_ sum: Double, _ count: Int) -> Double
) -> Judgement {
  guard !answer.response.allSatisfy(\.isWhitespace) else { return .unscored(.emptyAnswer) }
  guard let values = answer.logProbabilities, !values.isEmpty else {
    return .unscored(.noLogProbabilities)
  }
  if let index = values.firstIndex(where: { !($0 <= 0) || $0 == -.infinity }) {
    return .error(.logProbability(index: index, value: values[index]))
  }
  let sum = values.reduce(0.0) { $0 + Double($1) }
  return .scored(
    Score(
      value(sum, values.count),
      parts: [
        ScorePart("log-probability", sum), ScorePart("tokens", Double(values.count)),
        ScorePart("minimum", Double(values.min() ?? 0)),
      ]))
}
