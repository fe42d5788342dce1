internal import Decoding
internal import Messages

/// Turns prompts into tokens of one model.
///
/// To be used on the thread for texts.
struct PromptReader: Sendable {
  /// The most messages of a conversation.
  static let messageCountMax = 4_096

  let modelName: String
  let tokenizer: BPETokenizer
  let template: ChatTemplate?

  init(_ model: LanguageModelFile) {
    modelName = model.name
    tokenizer = model.tokenizer
    template = model.template
  }

  /// The tokens of a prompt; `name` is the field's, for errors.
  func tokens(
    _ prompt: Prompt?, name: String = "prompt"
  ) throws(InferenceServiceError) -> [Int32] {
    guard let prompt, let input = prompt.input else {
      throw .value(name: name, value: "not set", range: "a text, a chat or tokens")
    }
    switch input {
    case .text(let text):
      let ids = tokenizer.encode(text, recognizingSpecialTokens: prompt.recognizeSpecialTokens)
      return (tokenizer.startTokenID.map { [$0] } ?? []) + ids
    case .chat(let chat):
      return try tokens(chat, recognizingSpecialTokens: prompt.recognizeSpecialTokens)
    case .tokens(let tokens): return try ids(tokens, name: "\(name).tokens")
    }
  }

  /// The tokens of a continuation.
  func tokens(
    _ continuation: Continuation, index: Int
  ) throws(InferenceServiceError) -> [Int32] {
    let name = "continuations[\(index)]"
    switch continuation.input {
    case .text(let text): return tokenizer.encode(text, recognizingSpecialTokens: false)
    case .tokens(let tokens): return try ids(tokens, name: name)
    case nil: throw .value(name: name, value: "not set", range: "a text or tokens")
    }
  }

  /// Checked ids.
  func ids(_ tokens: TokenIDs, name: String) throws(InferenceServiceError) -> [Int32] {
    var ids: [Int32] = []
    ids.reserveCapacity(tokens.ids.count)
    for id in tokens.ids {
      guard id < tokenizer.vocabularySize else {
        throw .value(
          name: name, value: "token \(id)", range: "below \(tokenizer.vocabularySize)")
      }
      ids.append(Int32(id))
    }
    return ids
  }

  private func tokens(
    _ chat: Chat, recognizingSpecialTokens: Bool
  ) throws(InferenceServiceError) -> [Int32] {
    guard let template else { throw .noChatTemplate(modelName) }
    guard (1...Self.messageCountMax).contains(chat.messages.count) else {
      throw .value(
        name: "chat.messages", value: "\(chat.messages.count) messages",
        range: "1 to \(Self.messageCountMax)")
    }
    var turns: [ChatTurn] = []
    for (index, message) in chat.messages.enumerated() {
      let role: Decoding.ChatRole
      switch message.role {
      case .system: role = .system
      case .user: role = .user
      case .assistant: role = .assistant
      case .unspecified:
        throw .value(
          name: "chat.messages[\(index)].role", value: "not set",
          range: "system, user or assistant")
      }
      turns.append(ChatTurn(role: role, content: message.content))
    }
    return template.encode(
      turns, answerPrefix: chat.answerPrefix, tokenizer: tokenizer,
      recognizingSpecialTokens: recognizingSpecialTokens)
  }
}
