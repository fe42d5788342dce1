package import Methods
private import RealModule
private import Tensors

/// Greedy matching of token states, F1, with or without the logarithm of the length beside it.
///
/// With `c_i` the states of the answer's tokens and `r_j` those of the reference's, of length one:
/// `P = mean_i max_j c_i · r_j`, `R = mean_j max_i c_i · r_j`, `F = 2 P R / (P + R)`, 0 where `P`
/// or `R` is not positive. The value is `F`, or with a length weight `w > 0` the sum
/// `z(F) + w · z(log n)` with `n` the answer's tokens, where `z` takes mean and deviation from the
/// answers that the judge was fitted on.
///
/// Shapes: states `[tokens, dimensions]`, without start and end pieces. Cost: one product
/// `[tokens, dimensions] · [dimensions, tokens]` an answer.
/// Source: T. Zhang et al., BERTScore, ICLR 2020, arXiv 1904.09675. Deviations: no weights by
/// inverse document frequency, no rescaling with a baseline; the length is ours.
package struct BERTScore: Judge {
  /// The settings.
  package struct Parameters: MethodParameters {
    /// The weight of the standardised logarithm of the length, 0 to 100; 0: the F1 alone.
    package var lengthWeight: Double = 0

    /// Creates the defaults.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? {
      guard !(0...100).contains(lengthWeight) else { return nil }
      return ParameterViolation(name: "length_weight", value: "\(lengthWeight)", range: "0 to 100")
    }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "bert-score", title: "BERTScore",
    source: "Zhang et al., BERTScore: Evaluating Text Generation with BERT, ICLR 2020",
    needs: [.reference, .encoder],
    summary: "Greedy matching of the token states of answer and reference, F1.")

  /// The token states have to be there.
  package static func inputs(of parameters: Parameters) -> Set<JudgeInput> { [.tokenStates] }

  /// The fewest scored answers that mean and deviation are taken from.
  package static let fittedAnswerCountMin = 10

  /// The settings.
  package let parameters: Parameters
  /// Mean and deviation of the F1, then of the logarithm of the length; empty without length.
  package let state: [Double]

  /// Takes mean and deviation of both summands from `answers`, where the length has a weight.
  package static func fitted(
    _ parameters: Parameters, on answers: [JudgedAnswer]
  ) throws(JudgeFitError) -> BERTScore {
    guard parameters.lengthWeight > 0 else { return try BERTScore(parameters, state: []) }
    var plain = parameters
    plain.lengthWeight = 0
    let judge = try BERTScore(plain, state: [])
    var matches: [Double] = []
    var lengths: [Double] = []
    for answer in answers {
      guard let match = judge.judgement(on: answer).value, let states = answer.tokenStates else {
        continue
      }
      matches.append(match)
      lengths.append(Double.log(Double(states.response.rowCount)))
    }
    guard matches.count >= fittedAnswerCountMin else {
      throw .tooFewAnswers(count: matches.count, required: fittedAnswerCountMin)
    }
    let state =
      try moments(matches, feature: "F1") + moments(lengths, feature: "the length")
    return try BERTScore(parameters, state: state)
  }

  /// Restores a judge.
  package init(
    _ parameters: Parameters = Parameters(), state: [Double] = []
  ) throws(JudgeFitError) {
    if let violation = parameters.violation { throw .parameter(violation) }
    let isExpected =
      parameters.lengthWeight > 0
      ? state.count == 4 && state.allSatisfy(\.isFinite) && state[1] > 0 && state[3] > 0
      : state.isEmpty
    guard isExpected else { throw .state(method: Self.card.id, count: state.count) }
    self.parameters = parameters
    self.state = state
  }

  /// The F1 of greedy matching, with the length where it has a weight.
  package func judgement(on answer: JudgedAnswer) -> Judgement {
    if let reason = reasonAgainstComparing(answer) { return .unscored(reason) }
    guard let states = answer.tokenStates else { return .unscored(.noReference) }
    let (candidate, reference) = (states.response, states.reference)
    guard candidate.rowCount > 0, reference.rowCount > 0 else { return .unscored(.noTokens) }
    guard candidate.columnCount == reference.columnCount else {
      return .error(
        .dimensions(response: candidate.columnCount, reference: reference.columnCount))
    }
    let match = GreedyMatch(candidate, reference)
    guard match.f1.isFinite else { return .error(.notFinite) }
    var parts = [
      ScorePart("precision", match.precision), ScorePart("recall", match.recall),
      ScorePart("f1", match.f1),
    ]
    guard state.count == 4 else { return .scored(Score(match.f1, parts: parts)) }
    let length = Double.log(Double(candidate.rowCount))
    let quality = (match.f1 - state[0]) / state[1]
    let size = parameters.lengthWeight * (length - state[2]) / state[3]
    parts += [ScorePart("standardised f1", quality), ScorePart("weighted length", size)]
    return .scored(Score(quality + size, parts: parts))
  }

  private static func moments(
    _ values: [Double], feature: String
  ) throws(JudgeFitError) -> [Double] {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    guard variance.squareRoot() > 1e-12 else { throw .constant(feature: feature) }
    return [mean, variance.squareRoot()]
  }
}

/// Each token matched with the most similar one of the other text.
private struct GreedyMatch {
  let precision: Double
  let recall: Double

  var f1: Double {
    if precision.isNaN || recall.isNaN { return .nan }
    guard precision > 0, recall > 0 else { return 0 }
    return 2 * precision * recall / (precision + recall)
  }

  init(_ candidate: Matrix<Float>, _ reference: Matrix<Float>) {
    let similarity = candidate.normalizedRows()
      .multiplied(byTransposeOf: reference.normalizedRows())  // [candidate, reference]
    var columns = [Float](repeating: -.infinity, count: reference.rowCount)
    var rowSum = 0.0
    similarity.withUnsafeBufferPointer { elements in
      for row in 0..<candidate.rowCount {
        var best = -Float.infinity
        for column in 0..<reference.rowCount {
          let value = elements[row * reference.rowCount + column]
          best = max(best, value)
          columns[column] = max(columns[column], value)
        }
        rowSum += Double(best)
      }
    }
    precision = rowSum / Double(candidate.rowCount)
    recall = columns.reduce(0.0) { $0 + Double($1) } / Double(reference.rowCount)
  }
}
