private import FoundationEssentials

/// What one JSON object says about a question, before it is judged.
struct QuestionRow: DecodableWithConfiguration {
  /// One turn as it stands in the file.
  struct Turn: Decodable {
    var role: String
    var content: String
  }

  var prompt: SampleRow.Value
  /// Nil where the field is missing or holds something else.
  var messages: [Turn]?
  var hasMessages: Bool
  var answerPrefix: SampleRow.Value
  var answer: SampleRow.Value
  var task: SampleRow.Value
  var id: SampleRow.Value
  var presentFields: [String]

  init(from decoder: any Decoder, configuration fields: QuestionFields) throws {
    let container = try decoder.container(keyedBy: FieldName.self)
    func value(_ name: String, acceptsNumbers: Bool = false) -> SampleRow.Value {
      SampleRow.value(in: container, named: name, acceptsNumbers: acceptsNumbers)
    }
    prompt = value(fields.prompt)
    let key = FieldName(stringValue: fields.messages)
    hasMessages = container.contains(key)
    // ignoring: the cause is that the field is no conversation, which the reader says with the
    // form that is needed.
    messages = try? container.decode([Turn].self, forKey: key)
    answerPrefix = value(fields.answerPrefix)
    answer = value(fields.answer, acceptsNumbers: true)
    task = value(fields.task, acceptsNumbers: true)
    id = value(fields.id, acceptsNumbers: true)
    presentFields = container.allKeys.map { $0.stringValue }
  }
}
