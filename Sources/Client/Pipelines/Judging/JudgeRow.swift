private import FoundationEssentials
package import Messages

/// One row of a file of answers, of candidate answers, or of pairs.
package struct JudgeRow: Sendable, Equatable {
  /// What a row must hold.
  package enum Kind: Sendable {
    /// A `response`.
    case answer
    /// A `response` and a `label`.
    case labelledAnswer
    /// `candidates`.
    case candidates
    /// `response_a` and `response_b`.
    case pair
    /// Any of these, to learn from; labels are not looked at.
    case lesson
  }

  /// The row's id, or its line number where it has none.
  package var id: String
  /// Groups rows; empty: the prompt itself does.
  package var promptID: String
  /// What was asked, where the row says so.
  package var prompt: Prompt?
  /// The answer, the candidates, or the two answers of a pair.
  package var responses: [String]
  /// The log-probabilities of the answer's tokens, where known.
  package var tokenLogProbabilities: [Float]
  /// A right or good answer, where there is one.
  package var reference: String?
  /// 0, wrong, to 1, right; of a pair 1 where the first is better and 0 where the second is.
  package var label: Double?
  /// Answers that only vote.
  package var samples: [String]
  /// The row holds two answers to compare.
  var isPair = false

  /// The row as an item to judge.
  package var item: JudgedItem {
    JudgedItem(
      itemID: id, promptID: promptID, prompt: prompt, response: responses[0],
      reference: reference, tokenLogProbabilities: tokenLogProbabilities, label: label,
      otherSamples: samples)
  }
}

/// Reads JSON Lines files of answers, plain or gzip, in memory that does not grow with the file.
package struct JudgeRowReader {
  private let kind: JudgeRow.Kind
  private var lines: JSONLineReader

  /// Opens the file at `path`; `-` is the standard input.
  package init(path: String, kind: JudgeRow.Kind) throws(InputError) {
    self.kind = kind
    lines = try JSONLineReader(path: path)
  }

  /// The next row; none at the end of a file that had at least one.
  package mutating func next() throws(InputError) -> JudgeRow? {
    guard let (line, place) = try lines.next() else { return nil }
    let object = try lines.value(JudgeObject.self, of: line, at: place, ())
    var row = JudgeRow(
      id: try object.text("id", at: place) ?? "\(place.line)",
      promptID: try object.text("prompt_id", at: place) ?? "", prompt: try object.prompt(at: place),
      responses: [], tokenLogProbabilities: object.logProbabilities ?? [],
      reference: try object.text("reference", at: place), label: nil, samples: [])
    guard !row.id.isEmpty else { throw .emptyField(place, field: "id") }
    if object.isWrong("logprobs") {
      throw .wrongType(
        place, field: "logprobs", expected: "a list of numbers", found: "something else")
    }
    row.samples = try object.texts("samples", at: place) ?? []
    row.responses = try responses(object, at: place)
    row.isPair = form(of: object) == .pair
    row.label = try label(object, at: place)
    return row
  }

  private func responses(
    _ object: JudgeObject, at place: InputError.Place
  ) throws(InputError) -> [String] {
    switch form(of: object) {
    case .answer, .labelledAnswer, .lesson:
      return [try object.required("response", at: place)]
    case .candidates:
      guard let candidates = try object.texts("candidates", at: place) else {
        throw .fieldMissing(place, field: "candidates", present: object.presentFields)
      }
      guard !candidates.isEmpty else { throw .emptyField(place, field: "candidates") }
      return candidates
    case .pair:
      return [
        try object.required("response_a", at: place), try object.required("response_b", at: place),
      ]
    }
  }

  /// What a row holds: what was asked for, or of lessons whatever is there.
  private func form(of object: JudgeObject) -> JudgeRow.Kind {
    guard kind == .lesson else { return kind }
    if object.presentFields.contains("candidates") { return .candidates }
    return object.presentFields.contains("response_a") ? .pair : .answer
  }

  private func label(
    _ object: JudgeObject, at place: InputError.Place
  ) throws(InputError) -> Double? {
    if kind == .lesson { return nil }
    if kind == .pair {
      switch try object.text("label", at: place) {
      case "a", "1", "first": return 1
      case "b", "2", "second": return 0
      case "tie", nil: return nil
      case let other?:
        throw .wrongType(place, field: "label", expected: "a, b or tie", found: "“\(other)”")
      }
    }
    guard object.presentFields.contains("label") else {
      guard kind != .labelledAnswer else {
        throw .fieldMissing(place, field: "label", present: object.presentFields)
      }
      return nil
    }
    guard let label = object.label, (0...1).contains(label) else {
      throw .wrongType(
        place, field: "label", expected: "a number from 0 to 1, true or false",
        found: object.label.map { "\($0)" } ?? "something else")
    }
    return label
  }
}

/// What one JSON object of a file of answers says, before it is judged.
private struct JudgeObject: DecodableWithConfiguration {
  private static let textFields = [
    "id", "prompt_id", "prompt", "response", "response_a", "response_b", "reference", "label",
  ]
  private static let listFields = ["candidates", "samples"]

  let presentFields: [String]
  let label: Double?
  let logProbabilities: [Float]?
  private let messages: ConversationRow
  private var texts: [String: SampleRow.Value] = [:]
  private var lists: [String: [String]] = [:]

  init(from decoder: any Decoder, configuration: Void) throws {
    let container = try decoder.container(keyedBy: FieldName.self)
    presentFields = container.allKeys.map { $0.stringValue }
    // ignoring: whatever has another type is told with its name where it is asked for.
    func value<Value: Decodable>(_: Value.Type, _ name: String) -> Value? {
      // ignoring: as above.
      try? container.decode(Value.self, forKey: FieldName(stringValue: name))
    }
    label = value(Double.self, "label") ?? value(Bool.self, "label").map { $0 ? 1 : 0 }
    logProbabilities = value([Float].self, "logprobs")
    messages = ConversationRow(in: container, named: "messages")
    for name in Self.textFields {
      texts[name] = SampleRow.value(in: container, named: name, acceptsNumbers: true)
    }
    for name in Self.listFields { lists[name] = value([String].self, name) }
  }

  /// A field that has a value of another type than it must.
  func isWrong(_ name: String) -> Bool {
    presentFields.contains(name) && name == "logprobs" && logProbabilities == nil
  }

  func text(_ name: String, at place: InputError.Place) throws(InputError) -> String? {
    switch texts[name] ?? .missing {
    case .missing: return nil
    case .string(let text):
      guard !text.utf8.contains(0) else { throw .nullCharacter(place, field: name) }
      return text
    case .other(let found):
      throw .wrongType(place, field: name, expected: "a string", found: found)
    }
  }

  func required(_ name: String, at place: InputError.Place) throws(InputError) -> String {
    guard let text = try text(name, at: place) else {
      throw .fieldMissing(place, field: name, present: presentFields)
    }
    return text
  }

  func texts(_ name: String, at place: InputError.Place) throws(InputError) -> [String]? {
    guard presentFields.contains(name) else { return nil }
    guard let texts = lists[name] else {
      throw .wrongType(
        place, field: name, expected: "a list of strings", found: "something else")
    }
    guard !texts.contains(where: { $0.utf8.contains(0) }) else {
      throw .nullCharacter(place, field: name)
    }
    return texts
  }

  func prompt(at place: InputError.Place) throws(InputError) -> Prompt? {
    if let turns = try messages.turns("messages", at: place) {
      return Prompt(input: .chat(Chat(turns)))
    }
    return try text("prompt", at: place).map { Prompt(input: .text($0)) }
  }
}
