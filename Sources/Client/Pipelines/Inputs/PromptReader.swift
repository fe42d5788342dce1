private import FoundationEssentials
package import Messages

/// One row of a file of prompts.
package struct PromptRow: Sendable, Equatable {
  /// The line in the file, counted from 1.
  package var line: Int
  /// The row's id, or its line number where it has none.
  package var id: String
  /// What to continue.
  package var prompt: Prompt
  /// The row's own seed.
  package var seed: UInt64?
}

/// The names of the fields that hold a prompt.
package struct PromptFields: Sendable, Equatable {
  /// The field with a plain text.
  package var prompt = "prompt"
  /// The field with a conversation: `[{"role": …, "content": …}]`.
  package var messages = "messages"
  /// The field with the row's id, which may be missing.
  package var id = "id"
  /// Whether a plain text is what a user says in a conversation.
  package var writesChat = false

  /// Creates the names of the defaults.
  package init() {}
}

/// Reads JSON Lines files of prompts, plain or gzip, in memory that does not grow with the file.
///
/// A row has a plain text or a conversation, and may have an id and a whole-number `seed`.
package struct PromptReader {
  private let fields: PromptFields
  private var lines: JSONLineReader

  /// Opens the file at `path`; `-` is the standard input.
  package init(path: String, fields: PromptFields = PromptFields()) throws(InputError) {
    self.fields = fields
    lines = try JSONLineReader(path: path)
  }

  /// The number of rows of a file.
  package static func rowCount(path: String) throws(InputError) -> Int {
    var lines = try JSONLineReader(path: path)
    var count = 0
    while try lines.next() != nil { count += 1 }
    return count
  }

  /// The next row; none at the end of a file that had at least one.
  package mutating func next() throws(InputError) -> PromptRow? {
    guard let (line, place) = try lines.next() else { return nil }
    let object = try lines.value(PromptObject.self, of: line, at: place, fields)
    var id = "\(place.line)"
    if object.id != .missing {
      id = try object.id.text(
        fields.id, expected: "a string or an integer", present: object.presentFields, at: place)
    }
    var seed: UInt64?
    switch object.seed {
    case .missing: break
    case .string(let text):
      guard let number = UInt64(text) else {
        throw .wrongType(
          place, field: "seed", expected: "a whole number from 0", found: "“\(text)”")
      }
      seed = number
    case .other(let found):
      throw .wrongType(place, field: "seed", expected: "a whole number from 0", found: found)
    }
    return PromptRow(
      line: place.line, id: id, prompt: try prompt(object, place), seed: seed)
  }

  private func prompt(
    _ object: PromptObject, _ place: InputError.Place
  ) throws(InputError) -> Prompt {
    if let turns = try object.messages.turns(fields.messages, at: place) {
      return Prompt(input: .chat(Chat(turns)))
    }
    let text = try object.prompt.text(
      fields.prompt, present: object.presentFields, at: place)
    return Prompt(input: fields.input(text))
  }
}

extension PromptFields {
  /// A plain text, or what a user says.
  package func input(_ text: String) -> Prompt.Input {
    writesChat ? .chat(Chat(messages: [ChatMessage(role: .user, content: text)])) : .text(text)
  }
}

/// Reads a conversation: a message a line, `{"role": …, "content": …}`.
package enum ChatFile {
  /// The messages of the file at `path`; `-` is the standard input.
  package static func messages(path: String) throws(InputError) -> [ChatMessage] {
    var lines = try JSONLineReader(path: path)
    var messages: [ChatMessage] = []
    while let (line, place) = try lines.next() {
      let row = try lines.value(TurnRow.self, of: line, at: place, ())
      messages.append(ChatMessage(try row.turn(nil, at: place)))
    }
    return messages
  }
}

/// What one JSON object of a file of prompts says, before it is judged.
private struct PromptObject: DecodableWithConfiguration {
  var prompt: SampleRow.Value
  var messages: ConversationRow
  var id: SampleRow.Value
  var seed: SampleRow.Value
  var presentFields: [String]

  init(from decoder: any Decoder, configuration fields: PromptFields) throws {
    let container = try decoder.container(keyedBy: FieldName.self)
    prompt = SampleRow.value(in: container, named: fields.prompt, acceptsNumbers: false)
    messages = ConversationRow(in: container, named: fields.messages)
    id = SampleRow.value(in: container, named: fields.id, acceptsNumbers: true)
    seed = SampleRow.value(in: container, named: "seed", acceptsNumbers: true)
    presentFields = container.allKeys.map { $0.stringValue }
  }
}
