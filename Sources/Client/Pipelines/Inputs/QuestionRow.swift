private import FoundationEssentials

/// What one JSON object says about a question, before it is judged.
struct QuestionRow: DecodableWithConfiguration {
  var prompt: SampleRow.Value
  var messages: ConversationRow
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
    messages = ConversationRow(in: container, named: fields.messages)
    answerPrefix = value(fields.answerPrefix)
    answer = value(fields.answer, acceptsNumbers: true)
    task = value(fields.task, acceptsNumbers: true)
    id = value(fields.id, acceptsNumbers: true)
    presentFields = container.allKeys.map { $0.stringValue }
  }
}
