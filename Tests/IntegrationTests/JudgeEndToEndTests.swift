import Foundation
import TestSupport
import Testing

/// The judge and the command line as processes: fit, score, kill, go on, replay, select.
@Suite(
  .enabled(if: judgeIsBuilt, "needs the executables beside the tests"), .timeLimit(.minutes(5)))
struct JudgeEndToEndTests {
  @Test func `answers are scored over a kill, replayed and selected under a promise`() async throws
  {
    let folder = try TemporaryFolder()
    let known = try folder.write("known.jsonl", sums(600, seed: 1, withLabels: true))
    let new = try folder.write("new.jsonl", sums(300, seed: 2, withLabels: false))
    let environment = [
      "AUTODIDACT_RUNTIME_DIR": folder.path, "AUTODIDACT_STATE_DIR": folder.file("state"),
      "AUTODIDACT_MODELS_DIR": folder.path,
    ]
    func run(_ arguments: String...) async throws -> (code: Int32, output: String, errors: [String])
    {
      try await ChildProcess(
        "autodidact", ["judge"] + arguments, environment: environment, folder: folder
      ).result()
    }
    func start() async throws -> ChildProcess {
      let daemon = try ChildProcess(
        "autodidact-judge", [], environment: environment, folder: folder)
      _ = await daemon.line(containing: "serving")
      return daemon
    }

    let down = try await run("list")
    #expect(down.code == 1)
    #expect(down.errors.joined().contains("systemctl start autodidact-judge.socket"))

    let first = try await start()
    let fit = try await run("fit", "--name", "sure", "--method", "sequence-logprob")
    #expect(fit.code == 0, "\(fit.errors)")
    let scores = folder.file("scores.jsonl")
    let scored = try await run(
      "score", "--judge", "sure", "--input", known, "--output", scores, "--run", "one")
    #expect(scored.code == 0 && scored.output.contains("600 scores"), "\(scored.errors)")
    #expect(scored.output.contains("judge") && scored.output.contains("length"))
    let before = try String(contentsOfFile: scores, encoding: .utf8)
    await first.killNow()
    let gone = try await run(
      "score", "--judge", "sure", "--input", known, "--output", scores, "--run", "one")
    #expect(gone.code == 1)
    #expect(gone.errors.joined().contains("the same command with --run one goes on"))

    let second = try await start()
    let again = try await run(
      "score", "--judge", "sure", "--input", known, "--output", scores, "--run", "one")
    #expect(again.output.contains("600 were there before"))
    #expect(try String(contentsOfFile: scores, encoding: .utf8) == before)
    let replayed = try await run("replay", "one")
    #expect(replayed.code == 0 && replayed.output.contains("0 differences"))
    let explained = try await run("explain", "1", "--format", "json")
    #expect(explained.output.contains("\"response_digest\""))

    let decisions = folder.file("decisions.jsonl")
    let selected = try await run(
      "select", "--judge", "sure", "--calibration", known, "--alpha", "0.2", "--input", new,
      "--output", decisions)
    #expect(selected.code == 0, "\(selected.errors) \(selected.output)")
    let lines = try String(contentsOfFile: decisions, encoding: .utf8)
    #expect(lines.contains("\"accepted\":true") && lines.contains("\"accepted\":false"))
    let strict = try await run(
      "select", "--judge", "sure", "--calibration", known, "--alpha", "0.001", "--input", new,
      "--output", decisions)
    #expect(strict.code == 1 && strict.output.contains("more labels"))
    second.signal(SIGTERM)
    #expect(try await second.result().code == 0)
  }

  /// Sums whose answer is right where its log-probability is high.
  private func sums(_ count: Int, seed: UInt64, withLabels: Bool) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    var text = ""
    for index in 0..<count {
      let isSure = random.uniform() < 0.6
      let isRight = random.uniform() < (isSure ? 0.97 : 0.3)
      let value = -(isSure ? 0 : 2) - random.uniform()
      let answer = 2 * index + (isRight ? 0 : 1)
      text +=
        "{\"id\":\"\(index)\",\"prompt\":\"\(index) + \(index) =\",\"response\":\"\(answer)\","
      text += "\"logprobs\":[\(value)]\(withLabels ? ",\"label\":\(isRight ? 1 : 0)" : "")}\n"
    }
    return Array(text.utf8)
  }
}

private let judgeIsBuilt = ["autodidact", "autodidact-judge"].allSatisfy {
  FileManager.default.isExecutableFile(atPath: ChildProcess.buildFolder.path() + $0)
}
