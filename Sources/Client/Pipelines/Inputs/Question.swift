/// One question to a language model, with its answer where the file has it.
package struct Question: Sendable, Equatable {
  /// What the model reads.
  package enum Input: Sendable, Equatable {
    /// Text that the model continues.
    case text(String)
    /// A conversation, and the beginning of the answer, which may be empty.
    case chat([ChatTurn], answerPrefix: String)
  }

  /// The line in the file, counted from 1.
  package var line: Int
  /// The row's id, or its line number where it has none.
  package var id: String
  /// Whether the id stood in the row.
  package var hasOwnID: Bool
  /// What the model reads.
  package var input: Input
  /// The right answer.
  package var answer: String?
  /// A name for questions of one kind, which the report shows apart.
  package var task: String?
}

/// One turn of a conversation.
package struct ChatTurn: Sendable, Equatable, Codable {
  /// Who speaks.
  package enum Role: String, Sendable, Codable, CaseIterable {
    case system, user, assistant
  }

  /// Who speaks.
  package var role: Role
  /// What is said.
  package var content: String

  /// Creates a turn.
  package init(role: Role, content: String) {
    self.role = role
    self.content = content
  }
}

/// The names of the fields that hold a question.
package struct QuestionFields: Sendable, Equatable {
  /// The field with a text.
  package var prompt = "prompt"
  /// The field with a conversation.
  package var messages = "messages"
  /// The field with the beginning of the answer to a conversation.
  package var answerPrefix = "answer_prefix"
  /// The field with the right answer.
  package var answer = "answer"
  /// The field with the kind of question.
  package var task = "task"
  /// The field with the question's id.
  package var id = "id"

  /// The usual names.
  package init() {}
}
