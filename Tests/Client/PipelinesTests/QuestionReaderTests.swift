import TestSupport
import Testing

@testable import Pipelines

@Suite struct QuestionReaderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func questions(_ text: String) throws -> [Question] {
    let path = try folder.write("q.jsonl", Array(text.utf8))
    var reader = try QuestionReader(path: path)
    var questions: [Question] = []
    while let question = try reader.next() { questions.append(question) }
    return questions
  }

  @Test func `texts and conversations are read with all that stands beside them`() throws {
    let questions = try questions(
      #"""
      {"prompt": "2 + 2 =", "answer": 4, "task": "sum", "id": 7}

      {"messages": [{"role": "system", "content": ""}, {"role": "user", "content": "hi"}]}
      {"messages": [{"role": "user", "content": "hi"}], "answer_prefix": "Well,", "answer": null}
      """#)
    #expect(questions.map(\.id) == ["7", "3", "4"])
    #expect(questions.map(\.answer) == ["4", nil, nil])
    #expect(questions.map(\.task) == ["sum", nil, nil])
    #expect(questions[0].input == .text("2 + 2 ="))
    let user = ChatTurn(role: .user, content: "hi")
    #expect(
      questions[1].input
        == .chat([ChatTurn(role: .system, content: ""), user], answerPrefix: ""))
    #expect(questions[2].input == .chat([user], answerPrefix: "Well,"))
  }

  @Test(arguments: [
    (
      #"{"text": "a"}"#,
      "there is no field “prompt” or “messages”; the object has “text”"
    ),
    (#"{"prompt": " "}"#, "field “prompt” is empty"),
    (#"{"prompt": 3}"#, "field “prompt” is a number, not a string"),
    (#"{"prompt": "a\u0000"}"#, "field “prompt” holds the character U+0000"),
    (#"{"prompt": "a", "answer": " "}"#, "field “answer” is empty"),
    (
      #"{"prompt": "a", "answer": ["b"]}"#, "field “answer” is an array, not a string or an integer"
    ),
    (
      #"{"prompt": "a", "messages": []}"#,
      "field “prompt” stands beside “messages”; one is needed"
    ),
    (#"{"messages": []}"#, "field “messages” is empty"),
    (
      #"{"messages": "hi"}"#,
      #"field “messages” is not a list of {"role": "system|user|assistant", "content": "…"}"#
    ),
    (
      #"{"messages": [{"role": "tool", "content": ""}]}"#,
      "field “messages[0].role” is “tool”, not system, user or assistant"
    ),
    (
      #"{"messages": [{"role": "assistant", "content": "a"}]}"#,
      "field “messages” ends with the assistant; “answer_prefix” begins an answer"
    ),
    ("[1]", "an array where a JSON object is needed"),
  ])
  func `a complaint names line, field and cause`(line: String, words: String) {
    let error = #expect(throws: InputError.self) { try questions(line) }
    #expect(error?.description == folder.file("q.jsonl") + ":1: " + words)
  }

  @Test func `ids and lines have their limits`() throws {
    let id = String(repeating: "i", count: 200)
    #expect(try questions(#"{"prompt": "a", "id": "\#(id)"}"#)[0].id == id)
    #expect(throws: InputError.self) { try questions(#"{"prompt": "a", "id": "\#(id)i"}"#) }
    let long = String(repeating: "a", count: QuestionReader.lineBytesMaxDefault)
    #expect(throws: InputError.self) { try questions(#"{"prompt": "\#(long)"}"#) }
  }

  @Test func `no two inputs have the same digest text`() {
    let inputs: [Question.Input] = [
      .text("a"), .text("chat\u{1}"), .chat([.init(role: .user, content: "a")], answerPrefix: ""),
      .chat([.init(role: .user, content: "a")], answerPrefix: "a"),
      .chat([.init(role: .system, content: "a")], answerPrefix: ""),
      .chat(
        [.init(role: .user, content: "a"), .init(role: .user, content: "")], answerPrefix: ""),
    ]
    #expect(Set(inputs.map(\.digestText)).count == inputs.count)
  }
}
