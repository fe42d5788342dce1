import AutodidactClient
import Foundation
import Pipelines
import Synchronization
import TestSupport

/// Input files for a small self-training run, in a folder of their own.
struct SelfTrainingFixture {
  let folder: TemporaryFolder

  init(poolCount: Int = 400) throws {
    folder = try TemporaryFolder()
    try write("labelled.jsonl", rows: Self.labelled)
    try write(
      "pool.jsonl", rows: (0..<poolCount).map { #"{"text": "\#(Self.text(number: $0))"}"# })
    try write("test.jsonl", rows: Self.labelled.map { $0.replacing(" a\"", with: " b\"") })
  }

  static let labelled = [
    #"{"text": "apple a", "label": "fruit"}"#, #"{"text": "pear a", "label": "fruit"}"#,
    #"{"text": "plum a", "label": "fruit"}"#, #"{"text": "engine a", "label": "car"}"#,
    #"{"text": "wheel a", "label": "car"}"#, #"{"text": "brake a", "label": "car"}"#,
    #"{"text": "rock a", "label": "stone"}"#, #"{"text": "lava a", "label": "stone"}"#,
  ]

  /// A text of the pool; every ninth is foreign.
  static func text(number: Int) -> String {
    let words = ["apple", "pear", "plum", "engine", "wheel", "brake", "rock", "lava"]
    guard number % 9 > 0 else { return "quark \(number)" }
    return "\(words[number % words.count]) number \(number)"
  }

  func write(_ name: String, rows: [String]) throws {
    _ = try folder.write(name, Array((rows.joined(separator: "\n") + "\n").utf8))
  }

  /// The request for the files of this folder.
  func request(output: String = "out", hasTest: Bool = true) -> SelfTrainingRequest {
    SelfTrainingRequest(
      labelled: folder.file("labelled.jsonl"), unlabelled: folder.file("pool.jsonl"),
      test: hasTest ? folder.file("test.jsonl") : nil, output: folder.file(output))
  }

  /// The files of the results with their bytes.
  func results(in output: String = "out") throws -> [String: Data] {
    var files: [String: Data] = [:]
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file(output))
    for name in names where !name.hasPrefix(".") && name != "cache" {
      files[name] = try Data(contentsOf: URL(filePath: folder.file(output) + "/" + name))
    }
    return files
  }
}

/// Keeps the events of a pipeline.
final class EventLog: Sendable {
  private let events = Mutex<[PipelineEvent]>([])

  var observer: PipelineObserver {
    { event in self.events.withLock { $0.append(event) } }
  }

  var notes: [String] {
    events.withLock { events in
      events.compactMap { event in
        guard case .note(let text) = event else { return nil }
        return text
      }
    }
  }

  var roundCount: Int {
    events.withLock { events in
      events.count { event in
        guard case .round = event else { return false }
        return true
      }
    }
  }
}
