package import Methods

/// How an answer is read before answers are compared.
package enum AnswerForm: String, Sendable, Equatable, Codable, CaseIterable {
  /// Lower case, outer punctuation and repeated white space dropped.
  case text
  /// Byte for byte.
  case exact
  /// The first number.
  case firstNumber = "first-number"
  /// The last number.
  case lastNumber = "last-number"
}

/// Where the answer is in a response.
package struct AnswerExtraction: Sendable, Equatable, Codable {
  /// How the answer is read.
  package var form: AnswerForm
  /// A regular expression whose first group, or whole match without a group, is the answer; empty:
  /// the whole response.
  package var pattern: String

  /// Creates an extraction.
  package init(form: AnswerForm = .text, pattern: String = "") {
    self.form = form
    self.pattern = pattern
  }

  /// What is wrong with the pattern's length, if something is.
  package var violation: ParameterViolation? {
    guard pattern.utf8.count > Pattern.bytesMax else { return nil }
    return ParameterViolation(
      name: "pattern", value: "\(pattern.utf8.count) bytes",
      range: "up to \(Pattern.bytesMax) bytes")
  }
}

/// An answer as it was read; equal answers vote together.
package struct ReadAnswer: Sendable, Hashable {
  /// The answer in the form that was asked for.
  package let text: String
  private let isExact: Bool

  init(_ text: String, isExact: Bool) {
    self.text = text
    self.isExact = isExact
  }

  /// Exact answers are compared by their bytes, others as Unicode compares them.
  package static func == (lhs: ReadAnswer, rhs: ReadAnswer) -> Bool {
    guard lhs.isExact || rhs.isExact else { return lhs.text == rhs.text }
    return lhs.text.utf8.elementsEqual(rhs.text.utf8)
  }

  /// Hashes what all equal answers share.
  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// Reads answers out of responses.
package struct AnswerReader: Sendable {
  private let form: AnswerForm
  private let pattern: Pattern?

  /// Prepares the reading that `extraction` describes.
  package init(_ extraction: AnswerExtraction) throws(JudgeFitError) {
    form = extraction.form
    if extraction.pattern.isEmpty {
      pattern = nil
    } else {
      do throws(PatternError) {
        pattern = try Pattern(extraction.pattern)
      } catch {
        throw .pattern(error)
      }
    }
  }

  /// The answer in `response`; nil where it cannot be read or is empty.
  package func answer(in response: String) -> ReadAnswer? {
    guard let part = part(of: response) else { return nil }
    switch form {
    case .exact: return part.isEmpty ? nil : ReadAnswer(part, isExact: true)
    case .text:
      let text = normalizedText(part)
      return text.isEmpty ? nil : ReadAnswer(text, isExact: false)
    case .firstNumber, .lastNumber:
      return number(inPart: part).map { ReadAnswer($0.text, isExact: false) }
    }
  }

  /// The number in `response`, whatever the form: the last one for `lastNumber`, else the first.
  package func number(in response: String) -> DecimalNumber? {
    part(of: response).flatMap(number(inPart:))
  }

  /// The answer that a reference stands for: where the pattern is not in it, the whole of it.
  func referenceAnswer(in reference: String) -> ReadAnswer? {
    answer(in: reference) ?? whole.answer(in: reference)
  }

  /// The number that a reference stands for: where the pattern is not in it, one of the whole.
  func referenceNumber(in reference: String) -> DecimalNumber? {
    number(in: reference) ?? whole.number(in: reference)
  }

  private var whole: AnswerReader { AnswerReader(form: form, pattern: nil) }

  private init(form: AnswerForm, pattern: Pattern?) {
    self.form = form
    self.pattern = pattern
  }

  private func part(of response: String) -> String? {
    guard let pattern else { return response }
    return pattern.firstMatch(in: response)?.answer
  }

  private func number(inPart part: String) -> DecimalNumber? {
    let found = decimalNumbers(in: part)
    return form == .lastNumber ? found.last : found.first
  }
}

/// `text` in lower case, without punctuation around it, with single spaces.
package func normalizedText(_ text: String) -> String {
  let words = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
  func isOuter(_ character: Character) -> Bool {
    character.isPunctuation || character.isWhitespace || character == "`"
  }
  guard let first = words.firstIndex(where: { !isOuter($0) }),
    let last = words.lastIndex(where: { !isOuter($0) })
  else { return "" }
  return String(words[first...last])
}
