import Messages
import TestSupport
import Testing

@testable import Pipelines

@Suite struct PromptReaderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func rows(
    _ text: String, fields: PromptFields = PromptFields()
  ) throws -> [PromptRow] {
    var reader = try PromptReader(path: try folder.write("p", Array(text.utf8)), fields: fields)
    var rows: [PromptRow] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
  }

  @Test func `texts, conversations, ids and seeds are read`() throws {
    let found = try rows(
      """
      {"prompt": "a"}

      {"id": 7, "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": ""}]}
      {"id": "x", "prompt": "b", "seed": 9223372036854775807, "other": null}
      """)
    #expect(
      found == [
        PromptRow(line: 1, id: "1", prompt: Prompt(input: .text("a"))),
        PromptRow(
          line: 3, id: "7",
          prompt: Prompt(
            input: .chat(
              Chat(messages: [
                ChatMessage(role: .system, content: "s"), ChatMessage(role: .user, content: ""),
              ])))),
        PromptRow(line: 4, id: "x", prompt: Prompt(input: .text("b")), seed: UInt64(Int64.max)),
      ])
    #expect(try PromptReader.rowCount(path: folder.file("p")) == 3)
  }

  @Test func `a text can be what a user says, in a field of another name`() throws {
    var fields = PromptFields()
    fields.prompt = "q"
    fields.writesChat = true
    #expect(
      try rows(#"{"q": "a", "prompt": 1}"#, fields: fields).map(\.prompt) == [
        Prompt(input: .chat(Chat(messages: [ChatMessage(role: .user, content: "a")])))
      ])
  }

  @Test(arguments: [
    (#"{"text": "a"}"#, "there is no field “prompt”; the object has “text”"),
    (#"{"prompt": 1}"#, "field “prompt” is a number, not a string"),
    (#"{"prompt": "a", "seed": -1}"#, "field “seed” is “-1”, not a whole number from 0"),
    (#"{"prompt": "a", "seed": 0.5}"#, "field “seed” is a fraction, not a whole number from 0"),
    (#"{"prompt": "a\u0000b"}"#, "field “prompt” holds the character U+0000"),
    (
      #"{"messages": [{"role": "tool", "content": "a"}]}"#,
      "field “messages[0].role” is “tool”, not system, user or assistant"
    ),
    (
      #"{"messages": [{"role": "user"}]}"#,
      "there is no field “messages[0].content”; the object has “role”"
    ),
    (
      #"{"messages": "hi"}"#,
      #"field “messages” is not a list of {"role": "system|user|assistant", "content": "…"}"#
    ),
    (
      #"{"messages": [{"role": "user", "content": "a\u0000b"}]}"#,
      "field “messages[0].content” holds the character U+0000"
    ),
    ("[1]", "an array where a JSON object is needed"),
    ("{", "not JSON"),
  ])
  func `a wrong row is refused with its place`(line: String, message: String) {
    let error = #expect(throws: InputError.self) { try rows("{\"prompt\":\"\"}\n" + line) }
    #expect(error?.description.contains(":2: \(message)") == true, "\(error?.description ?? "")")
  }

  @Test func `a conversation is a message a line`() throws {
    let path = try folder.write(
      "c",
      Array(
        """
        {"role": "user", "content": "Hi"}
        {"role": "assistant", "content": "Hello"}
        """.utf8))
    #expect(
      try ChatFile.messages(path: path) == [
        ChatMessage(role: .user, content: "Hi"), ChatMessage(role: .assistant, content: "Hello"),
      ])
  }
}
