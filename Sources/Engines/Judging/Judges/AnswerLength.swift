package import Methods
private import RealModule

/// What a length counts.
package enum LengthUnit: String, Sendable, Codable, CaseIterable {
  /// Words and punctuation marks.
  case words
  /// The tokens of an encoder.
  case tokens
}

/// The logarithm of the answer's length in words and punctuation marks, or in tokens: `log n`.
///
/// A word is a longest run of letters, digits, marks and `_`; every other character that is not
/// white space counts by itself. Tokens are those that an encoder makes of the answer, without
/// those of start and end and up to the model's limit. It is the baseline beside which every report
/// stands: people prefer longer answers, so a judge that does not beat it has learnt nothing.
/// Source: Y. Dubois et al., Length-Controlled AlpacaEval, COLM 2024, arXiv 2404.04475 (the bias);
/// the baseline is the plain length. Cost: one pass over the text.
package struct AnswerLength: Judge {
  /// The settings.
  package struct Parameters: MethodParameters {
    /// What is counted.
    package var unit = LengthUnit.words

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

  /// For words the text is enough.
  package static func inputs(of parameters: Parameters) -> Set<JudgeInput> {
    parameters.unit == .tokens ? [.tokenCount] : []
  }

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
    guard let words = Self.value(of: answer.response) else { return .unscored(.emptyAnswer) }
    guard parameters.unit == .tokens else { return .scored(Score(words)) }
    guard let count = answer.tokenCount, count > 0 else { return .unscored(.noTokens) }
    return .scored(Score(.log(Double(count)), parts: [ScorePart("tokens", Double(count))]))
  }

  /// The logarithm of a text's length in words; nil for an empty one.
  package static func value(of text: String) -> Double? {
    let count = wordCount(of: text)
    return count == 0 ? nil : Double.log(Double(count))
  }

  /// The value that stands beside every judge's: in tokens where an encoder counted them, else in
  /// words; 0 for an empty answer.
  package static func baseline(of answer: JudgedAnswer) -> Double {
    if let count = answer.tokenCount { return .log(Double(max(count, 1))) }
    return value(of: answer.response) ?? 0
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
