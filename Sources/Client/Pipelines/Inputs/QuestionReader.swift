/// Reads JSON Lines files of questions, plain or gzip.
///
/// A row has a text in `prompt` or a conversation in `messages`, and may have `answer`, `task`,
/// `id` and, for a conversation, `answer_prefix`.
package struct QuestionReader {
  /// The most bytes of a line: a question must fit into a message several times.
  package static let lineBytesMaxDefault = 1 << 20
  /// The most bytes of an id, which stands in the judge's records.
  package static let idBytesMax = 200

  private let fields: QuestionFields
  private var lines: JSONLineReader

  /// Opens the file at `path`; `-` is the standard input.
  package init(
    path: String, fields: QuestionFields = QuestionFields(),
    lineBytesMax: Int = Self.lineBytesMaxDefault
  ) throws(InputError) {
    self.fields = fields
    lines = try JSONLineReader(path: path, lineBytesMax: lineBytesMax)
  }

  /// The next question; none at the end of a file that had at least one.
  package mutating func next() throws(InputError) -> Question? {
    guard let (line, place) = try lines.next() else { return nil }
    let row = try lines.value(QuestionRow.self, of: line, at: place, fields)
    var question = Question(
      line: place.line, id: "\(place.line)", hasOwnID: row.id != .missing,
      input: try input(of: row, at: place))
    if question.hasOwnID {
      question.id = try text(row.id, fields.id, orNumber: true, row, place)
      guard !question.id.isEmpty else { throw .emptyField(place, field: fields.id) }
      guard question.id.utf8.count <= Self.idBytesMax else {
        throw .invalid(
          place, field: fields.id,
          reason: "has \(question.id.utf8.count) bytes; the limit is \(Self.idBytesMax)")
      }
    }
    question.answer = try optionalText(row.answer, fields.answer, row, place)
    question.task = try optionalText(row.task, fields.task, row, place)
    return question
  }

  private func input(
    of row: QuestionRow, at place: InputError.Place
  ) throws(InputError) -> Question.Input {
    if case .missing = row.messages {
      guard row.prompt != .missing else {
        throw .fieldMissing(
          place, field: "\(fields.prompt)” or “\(fields.messages)", present: row.presentFields)
      }
      let text = try text(row.prompt, fields.prompt, row, place)
      guard text.utf8.contains(where: { $0 > 32 }) else {
        throw .emptyField(place, field: fields.prompt)
      }
      return .text(text)
    }
    guard row.prompt == .missing else {
      throw .invalid(
        place, field: fields.prompt, reason: "stands beside “\(fields.messages)”; one is needed")
    }
    let turns = try row.messages.turns(fields.messages, at: place) ?? []
    guard let last = turns.last else { throw .emptyField(place, field: fields.messages) }
    guard last.role != .assistant else {
      throw .invalid(
        place, field: fields.messages,
        reason: "ends with the assistant; “\(fields.answerPrefix)” begins an answer")
    }
    var prefix = ""
    if row.answerPrefix != .missing {
      prefix = try text(row.answerPrefix, fields.answerPrefix, row, place)
    }
    return .chat(turns, answerPrefix: prefix)
  }

  private func optionalText(
    _ value: SampleRow.Value, _ name: String, _ row: QuestionRow, _ place: InputError.Place
  ) throws(InputError) -> String? {
    // A null is as good as no field.
    guard value != .missing, value != .other("null") else { return nil }
    let text = try text(value, name, orNumber: true, row, place)
    guard text.utf8.contains(where: { $0 > 32 }) else { throw .emptyField(place, field: name) }
    return text
  }

  private func text(
    _ value: SampleRow.Value, _ name: String, orNumber: Bool = false, _ row: QuestionRow,
    _ place: InputError.Place
  ) throws(InputError) -> String {
    try value.text(
      name, expected: orNumber ? "a string or an integer" : "a string",
      present: row.presentFields, at: place)
  }
}
