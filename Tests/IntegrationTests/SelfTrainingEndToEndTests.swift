import Foundation
import TestSupport
import Testing

/// The main job with the real daemons, on a small part of DBpedia.
@Suite(
  .enabled(if: SharedData.isAvailable, "\(SharedData.reason)"),
  .enabled(if: SharedModels.hasMiniLM, "\(SharedModels.reason)"),
  .enabled(if: ChildProcess.isAvailable, "needs the executables of the package"),
  .serialized, .timeLimit(.minutes(5)))
struct SelfTrainingEndToEndTests {
  @Test func `labels and texts become a better classifier, also after a kill`() async throws {
    let daemons = try await RunningDaemons(["encoder", "ood", "teacher"])
    let folder = daemons.folder
    try DBpediaSlice().write(into: folder)
    func arguments(_ output: String) -> [String] {
      [
        "selftrain", "--labelled", folder.file("labelled.jsonl"), "--unlabelled",
        folder.file("pool.jsonl"), "--test", folder.file("test.jsonl"), "--output",
        folder.file(output), "--format", "json",
      ]
    }

    // A run that is killed while it encodes, and gone on with.
    let killed = try daemons.start(arguments("first"))
    _ = await killed.line(containing: "encoding")
    await killed.killNow()
    let first = try await daemons.start(arguments("first")).result()
    #expect(first.code == 0, "\(first.errors)")
    // A run that nothing disturbs gives the same bytes.
    let second = try await daemons.start(arguments("second")).result()
    #expect(second.code == 0, "\(second.errors)")
    for name in ["metrics.json", "pseudo_labels.jsonl", "head.safetensors", "quarantine.jsonl"] {
      let files = try ["first", "second"].map {
        try Data(contentsOf: URL(filePath: folder.file("\($0)/\(name)")))
      }
      #expect(files[0] == files[1], "\(name)")
    }

    let metrics = try JSONDecoder().decode(Metrics.self, from: Data(first.output.utf8))
    let before = metrics.comparison.baseline.accuracy
    let after = metrics.comparison.selfTrained.accuracy
    #expect(before > 0.6, "\(before)")
    #expect(after >= before - 0.02, "\(before) → \(after)")

    let classified = try await daemons.autodidact(
      "classify", "--model", folder.file("first"), "--input", folder.file("test.jsonl"),
      "--output", folder.file("classified.jsonl"))
    #expect(classified.code == 0, "\(classified.errors)")
    let labels = try DBpediaSlice.lines(of: folder.file("classified.jsonl"))
    let truth = try DBpediaSlice.lines(of: folder.file("test.jsonl"))
    #expect(labels.count == truth.count)
    let right = zip(labels, truth).count { $0["label"] == $1["label"] }
    #expect(abs(Double(right) / Double(truth.count) - after) < 1e-9)

    let explained = try await daemons.autodidact(
      "teacher", "explain", "--model", folder.file("first"), "--sample", "1")
    #expect(explained.code == 0 && explained.output.contains("round 0"), "\(explained)")
    let next = try await daemons.autodidact(
      "teacher", "next", "--model", folder.file("first"), "--count", "3")
    #expect(next.code == 0 && next.output.split(separator: "\n").count == 3, "\(next)")
  }

  private struct Metrics: Decodable {
    struct Scores: Decodable { var accuracy: Double }

    struct Comparison: Decodable {
      var baseline: Scores
      var selfTrained: Scores

      enum CodingKeys: String, CodingKey {
        case baseline
        case selfTrained = "self_trained"
      }
    }

    var comparison: Comparison
  }
}

/// Ten labels a class, a small pool and a small test file of DBpedia's abstracts.
struct DBpediaSlice {
  private let train: [[String: String]]
  private let test: [[String: String]]

  init() throws {
    train = try Self.lines(of: SharedData.path("data/dbpedia14/train.jsonl.gz"))
    test = try Self.lines(of: SharedData.path("data/dbpedia14/test.jsonl.gz"))
  }

  /// Writes `labelled.jsonl`, `pool.jsonl` and `test.jsonl`.
  func write(into folder: TemporaryFolder) throws {
    var counts: [String: Int] = [:]
    var labelled: [[String: String]] = []
    var pool: [[String: String]] = []
    for row in train {
      let label = row["label"] ?? ""
      counts[label, default: 0] += 1
      if counts[label, default: 0] <= 10 {
        labelled.append(row)
      } else if pool.count < 700 {
        pool.append(["text": row["text"] ?? ""])
      }
    }
    try write(labelled, "labelled.jsonl", folder)
    try write(pool, "pool.jsonl", folder)
    try write(Array(test.prefix(300)), "test.jsonl", folder)
  }

  private func write(
    _ rows: [[String: String]], _ name: String, _ folder: TemporaryFolder
  ) throws {
    let encoder = JSONEncoder()
    var bytes: [UInt8] = []
    for row in rows { bytes += Array(try encoder.encode(row)) + [10] }
    _ = try folder.write(name, bytes)
  }

  /// The string fields of each line of a JSON Lines file; `gzip` unpacks what is packed.
  static func lines(of path: String) throws -> [[String: String]] {
    var data = try Data(contentsOf: URL(filePath: path))
    if path.hasSuffix(".gz") {
      data = try FinishedProgram("/bin/gzip", ["-dc", path], mergesErrors: false).bytes
    }
    return try data.split(separator: 10).map { line in
      let fields = try JSONDecoder().decode([String: Field].self, from: Data(line))
      return fields.compactMapValues(\.text)
    }
  }

  private struct Field: Decodable {
    var text: String?

    init(from decoder: any Decoder) throws {
      // ignoring: fields that are no strings are of no use here.
      text = try? decoder.singleValueContainer().decode(String.self)
    }
  }
}
