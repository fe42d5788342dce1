import Files
import Foundation
import TestSupport
import Testing

@testable import Pipelines

@Suite struct SampleReaderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(
    _ text: String, fields: SampleFields = SampleFields(),
    _ requirement: SampleReader.Requirement = .labelledText, limit: Int = 1000
  ) throws -> [Sample] {
    try read(Array(text.utf8), fields: fields, requirement, limit: limit)
  }

  private func read(
    _ bytes: [UInt8], fields: SampleFields = SampleFields(),
    _ requirement: SampleReader.Requirement = .labelledText, limit: Int = 1000
  ) throws -> [Sample] {
    let path = try folder.write("samples.jsonl", bytes)
    var reader = try SampleReader(
      path: path, fields: fields, requirement: requirement, lineBytesMax: limit)
    var samples: [Sample] = []
    while let sample = try reader.next() { samples.append(sample) }
    return samples
  }

  /// What a person reads when the file is wrong, without the folder.
  private func complaint(
    _ text: String, fields: SampleFields = SampleFields(),
    _ requirement: SampleReader.Requirement = .labelledText
  ) -> String {
    complaint(Array(text.utf8), fields: fields, requirement)
  }

  private func complaint(
    _ bytes: [UInt8], fields: SampleFields = SampleFields(),
    _ requirement: SampleReader.Requirement = .labelledText
  ) -> String {
    do {
      return "no complaint: \(try read(bytes, fields: fields, requirement))"
    } catch let error as InputError {
      return error.description.replacing(folder.file(""), with: "")
    } catch {
      return "\(error)"
    }
  }

  @Test func `rows become samples with their lines`() throws {
    let samples = try read(
      """
      {"text": "one", "label": "A"}

      {"id": "x7", "label": 3, "text": "zwei – ü", "more": [1, {"a": null}]}
      """)
    #expect(
      samples == [
        Sample(line: 1, id: "1", hasOwnID: false, text: "one", label: "A"),
        Sample(line: 3, id: "x7", hasOwnID: true, text: "zwei – ü", label: "3"),
      ])
  }

  @Test func `fields have other names by option`() throws {
    let samples = try read(
      #"{"body": "b", "class": true, "key": 9, "text": 4}"#,
      fields: SampleFields(text: "body", label: "class", id: "key"))
    #expect(
      samples == [Sample(line: 1, id: "9", hasOwnID: true, text: "b", label: "true")])
  }

  @Test func `a byte order mark, carriage returns and blank lines are passed over`() throws {
    let samples = try read("\u{feff}{\"text\":\"a\"}\r\n \r\n\n{\"text\":\"\"}\r\n", .text)
    #expect(samples.map(\.text) == ["a", ""])
    #expect(samples.map(\.line) == [1, 4])
  }

  @Test func `the character U+0000 leaves a text and is refused in names`() throws {
    #expect(try read(#"{"text": "a\u0000b"}"#, .text).map(\.text) == ["ab"])
    #expect(
      complaint(#"{"text": "a", "label": "b\u0000"}"#)
        == "samples.jsonl:1: field “label” holds the character U+0000")
  }

  @Test(arguments: [
    ("", "samples.jsonl: the file is empty; one JSON object a line is needed"),
    ("\n\n", "samples.jsonl: the file is empty; one JSON object a line is needed"),
    (
      "{\"text\": \"a\", \"label\": \"b\"}\n{\"txt\": \"a\", \"label\": \"b\"}",
      "samples.jsonl:2: there is no field “text”; the object has “label”, “txt”"
    ),
    (
      "{\"text\": \"a\", \"klasse\": \"b\"}",
      "samples.jsonl:1: there is no field “label”; the object has “klasse”, “text”"
    ),
    ("{}", "samples.jsonl:1: there is no field “text”; the object has no fields"),
    ("{\"text\": 3}", "samples.jsonl:1: field “text” is a number, not a string"),
    ("{\"text\": null}", "samples.jsonl:1: field “text” is null, not a string"),
    ("{\"text\": [\"a\"]}", "samples.jsonl:1: field “text” is an array, not a string"),
    ("{\"text\": {}}", "samples.jsonl:1: field “text” is an object, not a string"),
    (
      "{\"text\": \"a\", \"label\": 0.5}",
      "samples.jsonl:1: field “label” is a fraction, not a string"
    ),
    ("{\"text\": \" \", \"label\": \"b\"}", "samples.jsonl:1: field “text” is empty"),
    ("{\"text\": \"a\", \"label\": \"\"}", "samples.jsonl:1: field “label” is empty"),
    ("[1]", "samples.jsonl:1: an array where a JSON object is needed"),
    ("\"a\"", "samples.jsonl:1: a string where a JSON object is needed"),
  ])
  func `a complaint names file, line and cause`(text: String, words: String) {
    #expect(complaint(text) == words)
  }

  @Test(arguments: ["{", "{\"text\": \"a\"", "{\"text\": a}", "{} {}", "text\tlabel"])
  func `what is not JSON is refused with its line`(text: String) {
    let words = complaint("{\"text\": \"a\", \"label\": \"b\"}\n" + text)
    #expect(words.hasPrefix("samples.jsonl:2: not JSON: "), "\(words)")
  }

  @Test func `bytes that are not UTF-8 are refused with their offset`() {
    #expect(
      complaint(Array("{\"text\": \"a".utf8) + [0xc3, 0x28] + Array("\"}".utf8))
        == "samples.jsonl:1: byte 11 of the line is not valid UTF-8")
  }

  @Test func `a line over the limit is refused, one at the limit is read`() throws {
    let row = #"{"text": "a", "label": "b"}"#
    #expect(try read(row, limit: row.utf8.count).count == 1)
    #expect(throws: InputError.self) { try read(row, limit: row.utf8.count - 1) }
  }

  @Test func `a missing file is a complaint with its path`() {
    let path = folder.file("none.jsonl")
    #expect(throws: InputError.file(.notFound(path: path))) {
      _ = try SampleReader(path: path, requirement: .text)
    }
  }

  @Test(arguments: ["", "none.jsonl"])
  func `a source that cannot be opened closes no descriptor twice`(name: String) {
    let isClosedTwice = usesClosedDescriptor {
      do throws(InputError) {
        _ = try ByteSource(path: folder.file(name))
        Issue.record("\(name) was opened")
      } catch {
        // The error itself is what the neighbouring tests are about.
      }
    }
    #expect(!isClosedTwice)
  }

  @Test func `a folder is not a file`() {
    #expect(throws: InputError.self) {
      _ = try SampleReader(path: folder.file(""), requirement: .text)
    }
  }

  @Test func `gzip is recognised by its bytes, in several members too`() throws {
    let bytes = Self.gzip(#"{"text": "a"}"# + "\n") + Self.gzip(#"{"text": "b"}"#)
    #expect(try read(bytes, .text).map(\.text) == ["a", "b"])
  }

  @Test func `every cut of a gzip file is refused`() throws {
    let bytes = Self.gzip(#"{"text": "a"}"#)
    for count in 2..<bytes.count {
      #expect(throws: InputError.self, "\(count) bytes") {
        try read(Array(bytes[..<count]), .text)
      }
    }
  }

  @Test func `damaged gzip data is refused`() {
    var bytes = Self.gzip(String(repeating: #"{"text": "a"}"# + "\n", count: 100))
    bytes[bytes.count - 6] ^= 0xff
    #expect(complaint(bytes, .text).hasPrefix("samples.jsonl: the gzip data is damaged"))
  }

  /// The text in the stored form of gzip, made by hand so that the reader is not tested with
  /// itself.
  static func gzip(_ text: String) -> [UInt8] {
    let data = Array(text.utf8)
    var crc = UInt32.max
    for byte in data {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
    }
    func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(value >> ($0 * 8) & 0xff) } }
    let count = UInt32(data.count)
    let header: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1]
    let lengths = Array(little(count)[..<2]) + Array(little(~count)[..<2])
    return header + lengths + data + little(~crc) + little(count)
  }
}
