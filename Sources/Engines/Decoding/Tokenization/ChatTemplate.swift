package import ModelFiles

/// Who says a message of a conversation.
package enum ChatRole: String, Sendable, CaseIterable {
  case system, user, assistant
}

/// One message of a conversation.
package struct ChatTurn: Sendable, Equatable {
  /// Who says it.
  package let role: ChatRole
  /// What is said.
  package let content: String

  /// Creates a message.
  package init(role: ChatRole, content: String) {
    self.role = role
    self.content = content
  }
}

/// ChatML: how a conversation is written for models that were trained on
/// `<|im_start|>role`, a line break, the message, `<|im_end|>` and a line break.
///
/// Where the model's own template begins a conversation without a system message by one of its
/// own, so does this. Source: the chat template in the GGUF file's metadata.
package struct ChatTemplate: Sendable, Equatable {
  /// The system message of conversations that begin with another; nil: none.
  package let defaultSystemMessage: String?
  private let startID: Int32
  private let endID: Int32

  /// Reads the template of a model; nil where it has none or not this one.
  package init?(_ metadata: GGUFMetadata, tokenizer: BPETokenizer) {
    // ignoring: a model whose template cannot be read has none.
    guard let template = try? metadata.string("tokenizer.chat_template"),
      template.contains("<|im_start|>"),
      let startID = tokenizer.controlTokenID("<|im_start|>"),
      let endID = tokenizer.controlTokenID("<|im_end|>")
    else { return nil }
    self.startID = startID
    self.endID = endID
    defaultSystemMessage = Self.defaultSystemMessage(in: template)
  }

  /// The tokens of a conversation and of the beginning of the assistant's answer.
  ///
  /// The answer begins with `answerPrefix`. Control tokens inside messages are such only where
  /// `recognizingSpecialTokens` says so.
  package func encode(
    _ turns: [ChatTurn], answerPrefix: String, tokenizer: BPETokenizer,
    recognizingSpecialTokens: Bool
  ) -> [Int32] {
    var turns = turns
    if let defaultSystemMessage, turns.first?.role != .system {
      turns.insert(ChatTurn(role: .system, content: defaultSystemMessage), at: 0)
    }
    func encode(_ text: String) -> [Int32] {
      tokenizer.encode(text, recognizingSpecialTokens: recognizingSpecialTokens)
    }
    let lineBreak = encode("\n")
    var ids = tokenizer.startTokenID.map { [$0] } ?? []
    for turn in turns {
      ids.append(startID)
      ids += encode("\(turn.role.rawValue)\n\(turn.content)")
      ids.append(endID)
      ids += lineBreak
    }
    ids.append(startID)
    return ids + encode("\(ChatRole.assistant.rawValue)\n\(answerPrefix)")
  }

  /// The system message that the template writes by itself, as a literal text.
  private static func defaultSystemMessage(in template: String) -> String? {
    for opening in ["<|im_start|>system\n", #"<|im_start|>system\n"#] {
      guard let start = template.firstRange(of: opening)?.upperBound,
        let end = template[start...].firstRange(of: "<|im_end|>")?.lowerBound
      else { continue }
      let message = template[start..<end]
      // Between quotes there is a message, not the template's language.
      if !message.isEmpty, !message.contains("'"), !message.contains("{{") {
        return String(message)
      }
    }
    return nil
  }
}
