import Foundation
import TestSupport
import Testing

/// The job of the language half with the real daemons and a real model, on sums.
@Suite(
  .enabled(if: SharedModels.hasSmolLM2, "\(SharedModels.smolLM2Reason)"),
  .enabled(
    if: ChildProcess.areBuilt(["autodidact", "autodidact-inference", "autodidact-judge"]),
    "needs the executables of the package"),
  .serialized, .timeLimit(.minutes(10)))
struct RejectionSamplingEndToEndTests {
  @Test func `questions become training data, also after a kill at any stage`() async throws {
    let daemons = try await RunningDaemons(["inference", "judge"])
    let folder = daemons.folder
    _ = try folder.write("sums.jsonl", Array(Self.sums(count: 160).utf8))
    func arguments(_ output: String) -> [String] {
      [
        "rejection-sample", "--questions", folder.file("sums.jsonl"), "--n", "6", "--alpha", "0.4",
        "--judge", "sequence-logprob", "--max-tokens", "8", "--output", folder.file(output),
        "--format", "json",
      ]
    }

    for stage in ["asking the model", "asking the model", "judging", "evaluating the judge"] {
      let killed = try daemons.start(arguments("first"))
      _ = await killed.line(containing: stage)
      await killed.killNow()
    }
    let first = try await daemons.start(arguments("first")).result()
    #expect(first.code == 0, "\(first.errors)")
    let second = try await daemons.start(arguments("second")).result()
    #expect(second.code == 0, "\(second.errors)")
    for name in [
      "metrics.json", "judged.jsonl", "prompt_completion.jsonl", "preferences.jsonl",
    ] {
      let files = try ["first", "second"].map {
        try Data(contentsOf: URL(filePath: folder.file("\($0)/\(name)")))
      }
      #expect(files[0] == files[1], "\(name)")
    }

    let metrics = try JSONDecoder().decode(Metrics.self, from: Data(first.output.utf8))
    #expect(metrics.counts.answers == 960 && metrics.counts.failed == 0)
    let share = metrics.precision.sampled.value
    #expect(share > 0.1 && share < 0.9, "\(share)")
    if let kept = metrics.precision.kept { #expect(kept.value > share, "\(kept.value)") }
  }

  private struct Metrics: Decodable {
    struct Counts: Decodable {
      var answers: Int
      var failed: Int
    }

    struct Estimate: Decodable { var value: Double }

    struct Precision: Decodable {
      var sampled: Estimate
      var kept: Estimate?
    }

    var counts: Counts
    var precision: Precision
  }

  /// Sums of two numbers of two digits after four worked examples, as JSON Lines.
  private static func sums(count: Int) -> String {
    let examples = [(33, 21), (80, 42), (14, 96), (19, 20)].map { a, b in
      #"{"role": "user", "content": "\#(a) + \#(b)"}, "#
        + #"{"role": "assistant", "content": "\#(a) + \#(b) = \#(a + b)"}"#
    }.joined(separator: ", ")
    let lines = (0..<count).map { number in
      let (a, b) = (11 + number * 7 % 83, 12 + number * 31 % 79)
      return #"{"messages": [\#(examples), {"role": "user", "content": "\#(a) + \#(b)"}], "#
        + #""answer_prefix": "\#(a) + \#(b) =", "answer": \#(a + b), "task": "sum"}"#
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
