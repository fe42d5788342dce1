import TestSupport
import Testing

@testable import Pipelines

@Suite struct CorpusTests {
  let fixture: SelfTrainingFixture

  init() throws { fixture = try SelfTrainingFixture(poolCount: 20) }

  private func complaint() -> String {
    do throws(SelfTrainingError) {
      _ = try Corpus(reading: fixture.request())
      return "no complaint"
    } catch {
      return error.description.replacing(fixture.folder.file(""), with: "")
    }
  }

  @Test func `one class only`() throws {
    try fixture.write(
      "labelled.jsonl",
      rows: [#"{"text": "a", "label": "x"}"#, #"{"text": "b", "label": "x"}"#])
    #expect(
      complaint() == "labelled.jsonl: all 2 rows have the class “x”; at least two are needed")
  }

  @Test func `labels without the field`() throws {
    try fixture.write("labelled.jsonl", rows: [#"{"text": "a", "class": "x"}"#])
    #expect(
      complaint()
        == "labelled.jsonl:1: there is no field “label”; the object has “class”, “text”")
  }

  @Test func `an empty text among the labels`() throws {
    try fixture.write(
      "labelled.jsonl",
      rows: [#"{"text": "a", "label": "x"}"#, #"{"text": "", "label": "y"}"#])
    #expect(complaint() == "labelled.jsonl:2: field “text” is empty")
  }

  @Test func `an unlabelled file without anything`() throws {
    _ = try fixture.folder.write("pool.jsonl", [])
    #expect(
      complaint() == "pool.jsonl: the file is empty; one JSON object a line is needed")
  }

  @Test func `an unlabelled file of empty texts`() throws {
    try fixture.write("pool.jsonl", rows: [#"{"text": ""}"#, #"{"text": " "}"#])
    #expect(
      complaint() == "pool.jsonl: all 2 texts are empty; there is nothing to learn from")
  }

  @Test func `a test class that the labels lack`() throws {
    try fixture.write("test.jsonl", rows: [#"{"text": "a", "label": "cloud"}"#])
    #expect(
      complaint() == "test.jsonl:1: the class “cloud” is in no row of labelled.jsonl")
  }

  @Test func `an id that stands twice`() throws {
    try fixture.write("pool.jsonl", rows: [#"{"text": "a"}"#, #"{"text": "b", "id": 1}"#])
    #expect(complaint() == "pool.jsonl:2: the id “1” is that of line 1 too")
  }

  @Test func `empty texts of the pool are passed over and counted`() throws {
    try fixture.write(
      "pool.jsonl", rows: [#"{"text": "a"}"#, #"{"text": ""}"#, #"{"text": "b"}"#])
    let corpus = try Corpus(reading: fixture.request())
    #expect(corpus.unlabelled.emptyCount == 1)
    #expect(corpus.unlabelled.ids == ["1", "3"])
  }

  @Test func `equal texts are one text, and its second reading gives the same order`() throws {
    try fixture.write(
      "pool.jsonl",
      rows: ["apple a", "new", "new", "other"].map { #"{"text": "\#($0)"}"# })
    let corpus = try Corpus(reading: fixture.request())
    #expect(corpus.duplicateCount == 1)
    #expect(corpus.unlabelled.textIndices == [0, 16, 16, 17])
    var texts = CorpusTexts(corpus, fields: SampleFields())
    var all: [String] = []
    while let text = try texts.next() { all.append(text) }
    #expect(all.count == corpus.textCount)
    #expect(all.suffix(2) == ["new", "other"])
    #expect(all.first == "apple a")
  }

  @Test func `classes are sorted and labels point at them`() throws {
    let corpus = try Corpus(reading: fixture.request())
    #expect(corpus.classes == ["car", "fruit", "stone"])
    #expect(corpus.labelled.labels == [1, 1, 1, 0, 0, 0, 2, 2])
  }

  @Test func `the digest depends on every row and not on the form of the file`() throws {
    let first = try Corpus(reading: fixture.request()).digest
    let rows = SelfTrainingFixture.labelled
    try fixture.write("labelled.jsonl", rows: rows.map { $0.replacing(": ", with: ":   ") })
    #expect(try Corpus(reading: fixture.request()).digest == first)
    try fixture.write("labelled.jsonl", rows: rows.reversed())
    #expect(try Corpus(reading: fixture.request()).digest != first)
  }

  @Test func `a file that changes between two readings is noticed`() throws {
    let corpus = try Corpus(reading: fixture.request())
    try fixture.write("pool.jsonl", rows: [#"{"text": "a"}"#])
    var texts = CorpusTexts(corpus, fields: SampleFields())
    let error = #expect(throws: SelfTrainingError.self) {
      while try texts.next() != nil {}
    }
    #expect(
      error?.description.hasSuffix(
        "pool.jsonl: the file changed while it was being read; run again") == true)
  }
}
