import Messages
import TestSupport
import Testing

@testable import Pipelines

@Suite struct LessonReaderTests {
  private func batches(_ lines: [String]) throws -> [[JudgedItem]] {
    let folder = try TemporaryFolder()
    let text = lines.joined(separator: "\n")
    var reader = try LessonReader(path: try folder.write("rows.jsonl", Array(text.utf8)))
    var found: [[JudgedItem]] = []
    while let items = try reader.nextItems() { found.append(items) }
    return found
  }

  @Test func `answers, candidates and pairs are all learnt from`() throws {
    let found = try batches([
      #"{"id":"x","response":"one","reference":"r","label":0.5}"#,
      #"{"prompt":"p","candidates":["two","two"]}"#,
      #"{"prompt":"p","response_a":"three","response_b":"four","label":"a"}"#,
    ])
    let items = found.flatMap { $0 }
    #expect(items.map(\.response) == ["one", "two", "two", "three", "four"])
    #expect(items.map(\.itemID) == ["1", "2", "3", "4", "5"])
    #expect(items[0].reference == "r" && items[3].prompt == Prompt(input: .text("p")))
    #expect(items.allSatisfy { $0.label == nil })
  }

  @Test func `an answer in several pairs of a prompt counts once`() throws {
    let pairs = [("p", "a", "b"), ("p", "b", "c"), ("p", "c", "a"), ("q", "a", "b")]
    let items = try batches(
      pairs.map { #"{"prompt":"\#($0)","response_a":"\#($1)","response_b":"\#($2)"}"# }
    ).flatMap { $0 }
    #expect(items.map(\.response) == ["a", "b", "c", "a", "b"])
  }

  @Test func `many candidates go in several messages`() throws {
    let candidates = (0..<200).map { "\"\($0)\"" }.joined(separator: ",")
    let small = try batches([#"{"candidates":[\#(candidates)]}"#])
    #expect(small.map(\.count) == [64, 64, 64, 8])
    #expect(small.flatMap { $0 }.map(\.response) == (0..<200).map { "\($0)" })
    let long = String(repeating: "x", count: 400_000)
    let pair = #"{"response_a":"a\#(long)","response_b":"b\#(long)"}"#
    let large = try batches([pair, "{\"response\":\"\(long)\"}", #"{"response":"last"}"#])
    #expect(large.map(\.count) == [3, 1])
  }

  @Test func `a row with none of them says what is missing`() throws {
    #expect(throws: InputError.self) { try batches([#"{"prompt":"p"}"#]) }
    #expect(throws: InputError.self) { try batches([#"{"response_a":"a"}"#]) }
  }
}
