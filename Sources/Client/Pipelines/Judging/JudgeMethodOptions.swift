private import FoundationEssentials
package import Messages

/// The method of a judge as a person writes it down.
package struct JudgeMethodOptions: Sendable {
  /// The ids of the methods.
  package static let ids = [
    "length", "mean-logprob", "sequence-logprob", "reference-similarity", "bert-score",
    "consensus", "rules",
  ]
  /// The forms of an answer.
  package static let forms = ["text", "exact", "first-number", "last-number"]
  /// What a length counts.
  package static let units = ["words", "tokens"]

  /// The method's id.
  package var id: String
  /// The model that it asks; empty: the default.
  package var model = ""
  /// What the method `length` counts, one of `units`.
  package var unit = "words"
  /// The weight of the length beside BERTScore.
  package var lengthWeight = 0.0
  /// How an answer is read.
  package var form = "text"
  /// A regular expression whose first group is the answer.
  package var pattern = ""
  /// The rules; none: the answer equals the reference in the form that is given.
  package var rules: [JudgeRule] = []

  /// The defaults of a method.
  package init(id: String) { self.id = id }

  /// The message.
  package var method: JudgeMethod {
    let extraction = AnswerExtraction(form: AnswerForm(named: form), pattern: pattern)
    let parameters: JudgeMethod.Parameters? =
      switch id {
      case "length":
        // Words are the default, left unsaid: a judge's digest is that of its message.
        .length(
          unit == "tokens"
            ? LengthParameters(unit: .tokens, encoderModel: model) : LengthParameters())
      case "mean-logprob": .meanLogProbability(MeanLogProbabilityParameters(model: model))
      case "sequence-logprob":
        .sequenceLogProbability(SequenceLogProbabilityParameters(model: model))
      case "reference-similarity":
        .referenceSimilarity(ReferenceSimilarityParameters(encoderModel: model))
      case "bert-score":
        .bertScore(BERTScoreParameters(encoderModel: model, lengthWeight: lengthWeight))
      case "consensus": .consensus(ConsensusParameters(extraction: extraction))
      case "rules":
        .rules(
          RulesParameters(
            rules: rules.isEmpty
              ? [Rule(name: "exact", check: .exact(ExactCheck(extraction: extraction)))]
              : rules.map(\.message)))
      default: nil
      }
    return JudgeMethod(parameters: parameters)
  }
}

/// One rule as a person writes it down.
package struct JudgeRule: Decodable, Sendable, Equatable {
  /// The kinds of checks.
  package enum Check: String, Decodable, Sendable {
    case exact, numeric, pattern, length
  }

  /// Stands in the explanation.
  package var name: String
  /// What is checked.
  package var check: Check
  /// Added where the check passes; nothing: 1.
  package var weight: Double?
  /// A failure ends the judging.
  package var required: Bool?
  /// How the answer is read.
  package var form: String?
  /// Where the answer is, or what is searched for.
  package var pattern: String?
  /// It must not be found.
  package var forbidden: Bool?
  /// The largest difference of two numbers that are equal.
  package var absoluteTolerance: Double?
  /// The same, relative to the reference.
  package var relativeTolerance: Double?
  /// The least number of characters.
  package var minimum: UInt32?
  /// The greatest number of characters.
  package var maximum: UInt32?

  /// The rules in a JSON file: a list of objects with the names of these fields in `snake_case`.
  package static func rules(path: String) throws(InputError) -> [JudgeRule] {
    let place = InputError.Place(path: path, line: 1)
    let source = try ByteSource(path: path)
    var bytes: [UInt8] = []
    var isAtEnd = false
    while !isAtEnd {
      try source.withNextBytes { part in
        isAtEnd = part.isEmpty
        bytes += part
      }
      guard bytes.count <= 1 << 20 else { throw .lineTooLong(place, limit: 1 << 20) }
    }
    do {
      return try JSONText.value([JudgeRule].self, from: bytes)
    } catch {
      throw .notJSON(place, reason: "not a list of rules: \(error)")
    }
  }

  /// The message.
  var message: Rule {
    let extraction = AnswerExtraction(form: AnswerForm(named: form ?? "text"))
    var located = extraction
    located.pattern = pattern ?? ""
    let check: Rule.Check =
      switch self.check {
      case .exact: .exact(ExactCheck(extraction: located))
      case .numeric:
        .numeric(
          NumericCheck(
            extraction: located, absoluteTolerance: absoluteTolerance ?? 0,
            relativeTolerance: relativeTolerance ?? 0))
      case .pattern:
        .pattern(PatternCheck(pattern: pattern ?? "", forbidden: forbidden ?? false))
      case .length: .length(LengthCheck(minimum: minimum ?? 0, maximum: maximum ?? 0))
      }
    return Rule(name: name, weight: weight ?? 1, required: required ?? false, check: check)
  }
}

extension AnswerForm {
  fileprivate init(named name: String) {
    self =
      switch name {
      case "exact": .exact
      case "first-number": .firstNumber
      case "last-number": .lastNumber
      default: .text
      }
  }
}
