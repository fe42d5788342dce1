package import Methods

/// The cosine between the sentence vectors of answer and reference, in `-1...1`.
///
/// Source: N. Reimers and I. Gurevych, Sentence-BERT, EMNLP 2019, arXiv 1908.10084; used to judge
/// answers by H. Ye and H. T. Ng, Self-Judge, 2024, arXiv 2409.00935.
package struct ReferenceSimilarity: Judge {
  /// There is nothing to set.
  package struct Parameters: MethodParameters {
    /// Creates the defaults.
    package init() {}

    /// Nothing can be out of range.
    package var violation: ParameterViolation? { nil }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "reference-similarity", title: "Similarity to a reference",
    source: "Reimers and Gurevych, Sentence-BERT, EMNLP 2019, arXiv 1908.10084",
    needs: [.reference, .encoder],
    summary: "The cosine between the sentence vectors of answer and reference.")

  /// The sentence vectors have to be there.
  package static func inputs(of parameters: Parameters) -> Set<JudgeInput> { [.vectors] }

  /// The settings.
  package let parameters: Parameters

  /// Creates a judge.
  package init(
    _ parameters: Parameters = Parameters(), state: [Double] = []
  ) throws(JudgeFitError) {
    try Self.check(parameters, state: state)
    self.parameters = parameters
  }

  /// The cosine of the two vectors.
  package func judgement(on answer: JudgedAnswer) -> Judgement {
    if let reason = reasonAgainstComparing(answer) { return .unscored(reason) }
    guard let vectors = answer.vectors else { return .unscored(.noReference) }
    let (first, second) = (vectors.response, vectors.reference)
    guard first.count == second.count else {
      return .error(.dimensions(response: first.count, reference: second.count))
    }
    var product = 0.0
    var firstSquares = 0.0
    var secondSquares = 0.0
    for (x, y) in zip(first, second) {
      product += Double(x) * Double(y)
      firstSquares += Double(x) * Double(x)
      secondSquares += Double(y) * Double(y)
    }
    let cosine = product / (firstSquares.squareRoot() * secondSquares.squareRoot())
    guard cosine.isFinite else { return .error(.notFinite) }
    return .scored(Score(min(max(cosine, -1), 1)))
  }
}

/// Why an answer cannot be compared with its reference as a text, if so.
func reasonAgainstComparing(_ answer: JudgedAnswer) -> UnscoredReason? {
  guard !answer.response.allSatisfy(\.isWhitespace) else { return .emptyAnswer }
  guard let reference = answer.reference, !reference.allSatisfy(\.isWhitespace) else {
    return .noReference
  }
  return nil
}
