package import Methods
private import RealModule

/// The logarithm of the answer's length in words and punctuation marks: `log n`.
///
/// A word is a longest run of letters, digits, marks and `_`; every other character that is not
/// white space counts by itself. It is the baseline beside which every report stands: people prefer
/// longer answers, so a judge that does not beat it has learnt nothing.
/// Source: Y. Dubois et al., Length-Controlled AlpacaEval, COLM 2024, arXiv 2404.04475 (the bias);
/// the baseline is the plain length. Cost: one pass over the text.
package struct AnswerLength: Judge {
  /// There is nothing to set.
  package struct Parameters: MethodParameters {
    /// Creates the defaults.
    package init() {}

    /// Nothing can be out of range.
    package var violation: ParameterViolation? { nil }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "length", title: "Answer length",
    source: "Dubois et al., Length-Controlled AlpacaEval, COLM 2024 (the bias that it measures)",
    needs: [], summary: "The logarithm of the answer's length: the baseline of every report.")

  /// The text is enough.
  package static let inputs: Set<JudgeInput> = []

  /// The settings.
  package let parameters: Parameters

  /// Creates a judge.
  package init(
    _ parameters: Parameters = Parameters(), state: [Double] = []
  ) throws(JudgeFitError) {
    try Self.check(parameters, state: state)
    self.parameters = parameters
  }

  /// The logarithm of the answer's length.
  package func judgement(on answer: JudgedAnswer) -> Judgement {
    guard let value = Self.value(of: answer.response) else { return .unscored(.emptyAnswer) }
    return .scored(Score(value))
  }

  /// The logarithm of a text's length; nil for an empty one.
  package static func value(of text: String) -> Double? {
    let count = wordCount(of: text)
    return count == 0 ? nil : Double.log(Double(count))
  }

  /// The number of words and punctuation marks.
  package static func wordCount(of text: String) -> Int {
    var count = 0
    var isInWord = false
    for scalar in text.unicodeScalars {
      if scalar.isOfWord {
        if !isInWord { count += 1 }
        isInWord = true
      } else {
        if !scalar.properties.isWhitespace { count += 1 }
        isInWord = false
      }
    }
    return count
  }
}
