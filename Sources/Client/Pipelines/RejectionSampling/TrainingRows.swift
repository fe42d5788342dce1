/// A row of `prompt_completion.jsonl`, as TRL's supervised trainer reads it.
struct PromptCompletionRow: Encodable {
  var id: String
  var prompt: TrainingText
  var completion: TrainingText
  var score: Double
}

/// A row of `preferences.jsonl`, as TRL's preference trainers read it.
struct PreferenceRow: Encodable {
  var id: String
  var prompt: TrainingText
  var chosen: TrainingText
  var rejected: TrainingText
  var scoreChosen: Double
  /// Nil where the judge has no opinion on the rejected answer.
  var scoreRejected: Double?
}

/// A text, or the turns of a conversation: TRL's standard and conversational forms.
enum TrainingText: Encodable, Equatable {
  case text(String)
  case turns([ChatTurn])

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .turns(let turns): try container.encode(turns)
    }
  }
}

extension Question.Input {
  /// The prompt of a training row.
  func trainingPrompt(_ turns: RejectionSamplingRequest.PromptTurns) -> TrainingText {
    switch self {
    case .text(let text): return .text(text)
    case .chat(let messages, _):
      guard turns == .last, let last = messages.last else { return .turns(messages) }
      return .turns(
        messages.filter { $0.role == .system }.prefix(1) + (last.role == .user ? [last] : []))
    }
  }

  /// The completion of a training row for what the model wrote.
  func trainingCompletion(_ answer: String) -> TrainingText {
    switch self {
    case .text: .text(answer)
    case .chat(_, let prefix): .turns([ChatTurn(role: .assistant, content: prefix + answer)])
    }
  }
}

/// A row of `judged.jsonl`: one answer and all that is known of it.
struct JudgedRow: Encodable {
  var id: String
  var sample: Int
  var role: QuestionSet.Role
  var task: String?
  var text: String
  /// The answer as it was read.
  var answer: String?
  var gold: String?
  var right: Bool?
  var score: Double?
  /// For `autodidact judge explain`.
  var scoreID: String
  var voteShare: Double?
  var logProbability: Double
  var tokenCount: Int
  var cutOff: Bool
  /// The best answer of its question.
  var selected: Bool
  /// The certificate allows it.
  var kept: Bool
  /// Why it has no score or is not kept.
  var reason: String?
}
