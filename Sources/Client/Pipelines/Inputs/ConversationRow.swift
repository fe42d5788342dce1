private import FoundationEssentials
import Messages

/// One turn of a conversation as it stands in a file, before it is judged.
struct TurnRow: DecodableWithConfiguration {
  private let role: SampleRow.Value
  private let content: SampleRow.Value
  private let presentFields: [String]

  init(from decoder: any Decoder, configuration: Void) throws {
    let container = try decoder.container(keyedBy: FieldName.self)
    role = SampleRow.value(in: container, named: "role", acceptsNumbers: false)
    content = SampleRow.value(in: container, named: "content", acceptsNumbers: false)
    presentFields = container.allKeys.map { $0.stringValue }
  }

  /// The turn; `name` is that of the object in its row, nil where it is the row.
  func turn(_ name: String?, at place: InputError.Place) throws(InputError) -> ChatTurn {
    let prefix = name.map { "\($0)." } ?? ""
    let role = try self.role.text(prefix + "role", present: presentFields, at: place)
    guard let known = ChatTurn.Role(rawValue: role) else {
      throw .wrongType(
        place, field: prefix + "role", expected: "system, user or assistant", found: "“\(role)”")
    }
    let content = try self.content.text(prefix + "content", present: presentFields, at: place)
    return ChatTurn(role: known, content: content)
  }
}

/// A conversation as it stands in a field of a row, before it is judged:
/// `[{"role": …, "content": …}]`.
enum ConversationRow {
  case missing
  case turns([TurnRow])
  case other

  /// What stands in the field `name`.
  init(in container: KeyedDecodingContainer<FieldName>, named name: String) {
    let key = FieldName(stringValue: name)
    guard container.contains(key) else {
      self = .missing
      return
    }
    do {
      var list = try container.nestedUnkeyedContainer(forKey: key)
      var turns: [TurnRow] = []
      while !list.isAtEnd { turns.append(try list.decode(TurnRow.self, configuration: ())) }
      self = .turns(turns)
    } catch {
      // ignoring: the cause is that the field is no list of objects, which `turns` says with the
      // form that is needed.
      self = .other
    }
  }

  /// The turns; nil where there is no field `name`.
  func turns(_ name: String, at place: InputError.Place) throws(InputError) -> [ChatTurn]? {
    switch self {
    case .missing: return nil
    case .other:
      throw .invalid(
        place, field: name,
        reason: #"is not a list of {"role": "system|user|assistant", "content": "…"}"#)
    case .turns(let rows):
      var turns: [ChatTurn] = []
      for (index, row) in rows.enumerated() {
        turns.append(try row.turn("\(name)[\(index)]", at: place))
      }
      return turns
    }
  }
}

extension Chat {
  /// The message of a conversation.
  init(_ turns: [ChatTurn], answerPrefix: String = "") {
    self.init(messages: turns.map { ChatMessage($0) }, answerPrefix: answerPrefix)
  }
}

extension ChatMessage {
  /// The message of a turn.
  init(_ turn: ChatTurn) {
    let role: ChatRole =
      switch turn.role {
      case .system: .system
      case .user: .user
      case .assistant: .assistant
      }
    self.init(role: role, content: turn.content)
  }
}
