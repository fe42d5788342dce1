import Messages
import TestSupport
import Testing

@testable import Pipelines

@Suite struct JudgeRowReaderTests {
  private func rows(_ text: String, _ kind: JudgeRow.Kind) throws -> [JudgeRow] {
    let folder = try TemporaryFolder()
    let path = try folder.write("rows.jsonl", Array(text.utf8))
    var reader = try JudgeRowReader(path: path, kind: kind)
    var rows: [JudgeRow] = []
    while let row = try reader.next() { rows.append(row) }
    return rows
  }

  @Test func `answers have all that an item has`() throws {
    let found = try rows(
      """
      {"id":7,"prompt_id":"p","prompt":"6 * 7 =","response":"42","reference":"42","label":true,\
      "samples":["41","42"],"logprobs":[-0.5,-1]}

      {"messages":[{"role":"user","content":"hello"}],"response":"","label":0.25}
      """, .answer)
    #expect(found.map(\.id) == ["7", "3"])
    #expect(
      found[0].item
        == JudgedItem(
          itemID: "7", promptID: "p", prompt: Prompt(input: .text("6 * 7 =")), response: "42",
          reference: "42", tokenLogProbabilities: [-0.5, -1], label: 1,
          otherSamples: ["41", "42"]))
    #expect(found[1].label == 0.25 && found[1].reference == nil)
    let chat = Chat(messages: [ChatMessage(role: .user, content: "hello")])
    #expect(found[1].prompt == Prompt(input: .chat(chat)))
  }

  @Test func `pairs and candidates`() throws {
    let pairs = try rows(
      """
      {"response_a":"x","response_b":"y","label":"b"}
      {"response_a":"x","response_b":"y","label":"tie"}
      """, .pair)
    #expect(pairs[0].responses == ["x", "y"] && pairs[0].label == 0 && pairs[1].label == nil)
    let sets = try rows("{\"candidates\":[\"a\",\"\"]}", .candidates)
    #expect(sets[0].responses == ["a", ""])
  }

  @Test(arguments: [
    ("{\"id\":\"a\"}", JudgeRow.Kind.answer, "response"),
    ("{\"response\":[1]}", .answer, "response"),
    ("{\"response\":\"a\",\"label\":2}", .answer, "label"),
    ("{\"response\":\"a\"}", .labelledAnswer, "label"),
    ("{\"response\":\"a\",\"logprobs\":\"x\"}", .answer, "logprobs"),
    ("{\"response\":\"a\",\"samples\":[1]}", .answer, "samples"),
    ("{\"response\":\"a\",\"messages\":[{\"role\":\"cat\",\"content\":\"\"}]}", .answer, "role"),
    ("{\"response\":\"a\",\"id\":\"\"}", .answer, "id"),
    ("{\"response\":\"a\\u0000\"}", .answer, "response"),
    ("{\"response_a\":\"a\"}", .pair, "response_b"),
    ("{\"response_a\":\"a\",\"response_b\":\"b\",\"label\":\"c\"}", .pair, "label"),
    ("{}", .candidates, "candidates"), ("{\"candidates\":[]}", .candidates, "candidates"),
  ])
  func `what is wrong is named`(line: String, kind: JudgeRow.Kind, field: String) throws {
    do {
      _ = try rows(line, kind)
      Issue.record("nothing was thrown")
    } catch let error as InputError {
      #expect("\(error)".contains(field), "\(error)")
    }
  }

  @Test func `rules are read from JSON and keep their defaults`() throws {
    let folder = try TemporaryFolder()
    let text = """
      [{"name":"n","check":"numeric","form":"last-number","absolute_tolerance":0.5},
       {"name":"p","check":"pattern","pattern":"x","forbidden":true,"required":true,"weight":2}]
      """
    var options = JudgeMethodOptions(id: "rules")
    options.rules = try JudgeRule.rules(path: try folder.write("rules.json", Array(text.utf8)))
    let expected = RulesParameters(rules: [
      Rule(
        name: "n", weight: 1,
        check: .numeric(
          NumericCheck(
            extraction: AnswerExtraction(form: .lastNumber), absoluteTolerance: 0.5))),
      Rule(
        name: "p", weight: 2, required: true,
        check: .pattern(PatternCheck(pattern: "x", forbidden: true))),
    ])
    #expect(options.method.parameters == .rules(expected))
    let wrong = try folder.write("wrong.json", Array("{}".utf8))
    #expect(throws: InputError.self) { try JudgeRule.rules(path: wrong) }
    for id in JudgeMethodOptions.ids {
      #expect(JudgeMethodOptions(id: id).method.parameters != nil, "\(id)")
    }
  }
}
