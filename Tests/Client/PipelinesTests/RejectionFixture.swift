import AutodidactClient
import Foundation
import Pipelines
import TestSupport

/// Questions for a small rejection-sampling run, in a folder of their own.
struct RejectionFixture {
  let folder: TemporaryFolder

  init(questionCount: Int = 120) throws {
    folder = try TemporaryFolder()
    try write(
      "questions.jsonl",
      rows: (0..<questionCount).map { Self.row(number: $0 * 7, hasAnswer: true) })
  }

  /// A question as a line; every other is a conversation.
  static func row(number: Int, hasAnswer: Bool) -> String {
    let answer = hasAnswer ? #", "answer": \#(number)"# : ""
    let task = number % 2 == 0 ? "even" : "odd"
    let prompt =
      number % 2 == 0
      ? #""prompt": "value \#(number)""#
      : #""messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "#
        + #""value 1"}, {"role": "assistant", "content": "=1"}, {"role": "user", "content": "#
        + #""value \#(number)"}], "answer_prefix": "=""#
    return #"{"id": "q\#(number)", \#(prompt), "task": "\#(task)"\#(answer)}"#
  }

  func write(_ name: String, rows: [String]) throws {
    _ = try folder.write(name, Array((rows.joined(separator: "\n") + "\n").utf8))
  }

  /// The request for the questions of this folder.
  func request(output: String = "out") -> RejectionSamplingRequest {
    RejectionSamplingRequest(
      questions: folder.file("questions.jsonl"), output: folder.file(output))
  }

  /// The files of the results with their bytes, but for what depends on time.
  func results(in output: String = "out") throws -> [String: Data] {
    var files: [String: Data] = [:]
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file(output))
    let timed = ["cache", "speed.json", "report.html"]
    for name in names where !name.hasPrefix(".") && !timed.contains(name) {
      files[name] = try Data(contentsOf: URL(filePath: folder.file(output) + "/" + name))
    }
    return files
  }

  /// The objects of a JSON Lines file of the results.
  func lines(of name: String, in output: String = "out") throws -> [[String: Any]] {
    try Data(contentsOf: URL(filePath: folder.file("\(output)/\(name)"))).split(separator: 10).map {
      try JSONSerialization.jsonObject(with: $0) as? [String: Any] ?? [:]
    }
  }
}
