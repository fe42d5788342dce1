import AutodidactClient
import Files
import Foundation
import Messages
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import Pipelines

@Suite(.timeLimit(.minutes(2))) struct RejectionSamplingPipelineTests {
  let fixture: RejectionFixture
  private let retry = RetryPolicy(attemptCountMax: 3, firstDelay: .zero)

  init() throws { fixture = try RejectionFixture() }

  private func pipeline(
    _ request: RejectionSamplingRequest, _ suite: Autodidact, calls: FileCalls = .system,
    _ observer: @escaping PipelineObserver = { _ in }
  ) -> RejectionSamplingPipeline {
    RejectionSamplingPipeline(
      request, suite: suite, calls: calls, retry: retry, observer: observer)
  }

  /// Runs the job and returns what a person reads if it fails.
  private func complaint(_ request: RejectionSamplingRequest, _ suite: Autodidact) async -> String {
    do throws(RejectionSamplingError) {
      _ = try await pipeline(request, suite).run()
      return "no complaint"
    } catch {
      return error.description.replacing(fixture.folder.file(""), with: "")
    }
  }

  @Test func `a run writes all its files`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      let outcome = try await pipeline(fixture.request(), suite).run()
      let result = outcome.result
      #expect(!outcome.wasFinished)
      #expect(result.counts.questions == 120 && result.counts.calibration == 60)
      #expect(result.promise.isCertified)
      let precision = try #require(result.precision)
      let kept = try #require(precision.kept)
      #expect(kept.value > precision.sampled.value + 0.2, "\(precision)")
      #expect(try #require(precision.gain).lower > 0)
      #expect(result.tasks.map(\.name) == ["even", "odd"])
      #expect(result.remarks.contains { $0.contains("texts and conversations") })
      #expect(outcome.speed.generatedTokenCount == 120 * 16)
      #expect(outcome.speed.sources.first?.acceptedCount == 360)
    }
    #expect(
      try fixture.results().keys.sorted() == [
        "judged.jsonl", "metrics.json", "preferences.jsonl", "prompt_completion.jsonl",
      ])
    let judged = try fixture.lines(of: "judged.jsonl")
    #expect(judged.count == 960)
    #expect(judged.count { $0["selected"] as? Bool == true } == 119, "one is always cut off")
    let kept = judged.filter { $0["kept"] as? Bool == true }
    #expect(kept.allSatisfy { $0["role"] as? String != "calibration" })
    let completions = try fixture.lines(of: "prompt_completion.jsonl")
    #expect(
      completions.map { $0["id"] as? String } == kept.map { $0["id"] as? String })
    #expect(completions.count > 10)
  }

  @Test func `training rows have the forms of TRL`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      var request = fixture.request()
      _ = try await pipeline(request, suite).run()
      request.output = fixture.folder.file("last")
      request.promptTurns = .last
      _ = try await pipeline(request, suite).run()
    }
    for row in try fixture.lines(of: "prompt_completion.jsonl") {
      let number = try #require(Int((row["id"] as? String ?? "").dropFirst()))
      if number % 2 == 0 {
        #expect(row["prompt"] as? String == "value \(number)")
        #expect((row["completion"] as? String)?.hasPrefix(" ") == true)
      } else {
        let turns = try #require(row["prompt"] as? [[String: String]])
        #expect(turns.map { $0["role"] } == ["system", "user", "assistant", "user"])
        let answer = try #require(row["completion"] as? [[String: String]])
        #expect(answer.count == 1 && answer[0]["role"] == "assistant")
        #expect(answer[0]["content"]?.hasPrefix("= ") == true)
      }
    }
    for row in try fixture.lines(of: "prompt_completion.jsonl", in: "last") {
      guard let turns = row["prompt"] as? [[String: String]] else { continue }
      #expect(turns.map { $0["role"] } == ["system", "user"])
      #expect(turns[1]["content"]?.hasPrefix("value ") == true)
    }
    let pairs = try fixture.lines(of: "preferences.jsonl")
    #expect(!pairs.isEmpty)
    for row in pairs {
      #expect(
        Set(row.keys)
          == ["id", "prompt", "chosen", "rejected", "score_chosen", "score_rejected"])
      #expect("\(row["chosen"] ?? "")" != "\(row["rejected"] ?? "")")
    }
  }

  @Test(arguments: RejectionSamplingRequest.JudgeName.allCases)
  func `every judge does the job, and the same inputs give the same bytes`(
    judge: RejectionSamplingRequest.JudgeName
  ) async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      var request = fixture.request()
      request.judge = judge
      let first = try await pipeline(request, suite).run()
      #expect(first.result.counts.kept > 0)
      if judge == .rules { #expect(first.result.precision?.kept?.value == 1) }
      let count = fakes.inference.prompts.count
      let again = try await pipeline(request, suite).run()
      #expect(again.wasFinished && again.result == first.result)
      #expect(fakes.inference.prompts.count == count)
      request.output = fixture.folder.file("second")
      _ = try await pipeline(request, suite).run()
    }
    #expect(try fixture.results() == fixture.results(in: "second"))
  }

  @Test(arguments: [0, 1, 17, 119]) func `a run goes on where sampling stopped`(
    promptCount: Int
  ) async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      fakes.inference.fail(afterPrompts: promptCount, code: .internal)
      #expect(await complaint(fixture.request(), suite) == "the fake goes away")
      let asked = fakes.inference.prompts.count
      let log = EventLog()
      _ = try await pipeline(fixture.request(), suite, calls: .system, log.observer).run()
      #expect(fakes.inference.prompts.count <= 120 + 32, "asked \(asked) before")
      _ = try await pipeline(fixture.request(output: "second"), suite).run()
    }
    #expect(try fixture.results() == fixture.results(in: "second"))
  }

  @Test func `a connection that is lost is made anew`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      fakes.inference.fail(afterPrompts: 50)
      fakes.judge.fail(afterChunks: 3)
      fakes.inference.beBusy(with: "value 14")
      let outcome = try await pipeline(fixture.request(), suite).run()
      #expect(outcome.result.counts.failed == 0)
      _ = try await pipeline(fixture.request(output: "second"), suite).run()
    }
    #expect(try fixture.results() == fixture.results(in: "second"))
  }

  @Test func `scores that the judge has are not made again`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      _ = try await pipeline(fixture.request(), suite).run()
      let count = fakes.judge.scoredCount
      #expect(count == 2 * 960)
      _ = try await pipeline(fixture.request(output: "second"), suite).run()
      #expect(fakes.judge.scoredCount == count)
    }
  }

  @Test(arguments: [
    (UInt64(340), "about 340 more questions with gold answers are needed"),
    (0, "more gold answers would hardly help"),
  ])
  func `where nothing can be certified nothing is kept, and it says what is missing`(
    count: UInt64, words: String
  ) async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      fakes.judge.refuse(moreLabelsNeeded: count)
      let result = try await pipeline(fixture.request(), suite).run().result
      #expect(result.verdict.hasPrefix("Nothing is kept") && result.verdict.contains(words))
      #expect(result.counts.kept == 0 && result.precision?.kept == nil)
    }
    #expect(try fixture.lines(of: "prompt_completion.jsonl").isEmpty)
    #expect(try fixture.lines(of: "judged.jsonl").count == 960)
  }

  @Test func `a calibration file leaves all questions to be answered`() async throws {
    let fakes = FakeSuite()
    try fixture.write(
      "gold.jsonl",
      rows: (0..<80).map { RejectionFixture.row(number: $0 * 11 + 1, hasAnswer: true) })
    try fixture.write(
      "new.jsonl",
      rows: (0..<50).map { RejectionFixture.row(number: $0 * 13 + 2, hasAnswer: false) })
    try await fakes.run { suite in
      var request = fixture.request()
      request.questions = fixture.folder.file("new.jsonl")
      #expect(
        await complaint(request, suite).hasPrefix("new.jsonl: no question has a gold answer"))
      request.calibration = fixture.folder.file("gold.jsonl")
      let result = try await pipeline(request, suite).run().result
      #expect(result.counts.calibration == 80)
      // What stands in both files calibrates only.
      #expect(result.counts.unlabelled + result.counts.repeated == 50)
      #expect(result.precision == nil && result.quality?.isOnCalibration == true)
      #expect(result.counts.kept > 0)
      #expect(result.verdict.contains("at most 20.0 % of such answers are wrong"))
    }
  }

  @Test func `a question that cannot be asked is reported, and the rest goes on`() async throws {
    let fakes = FakeSuite()
    try fixture.write(
      "questions.jsonl",
      rows: (0..<60).map { RejectionFixture.row(number: $0, hasAnswer: true) }
        + [#"{"prompt": "endless 1", "answer": "x"}"#, #"{"prompt": "value 12"}"#])
    try await fakes.run { suite in
      let result = try await pipeline(fixture.request(), suite).run().result
      #expect(result.counts.failed == 1 && result.counts.repeated == 1)
      #expect(result.remarks.contains { $0.contains("9000 tokens") }, "\(result.remarks)")
      try fixture.write(
        "questions.jsonl",
        rows: (0..<4).map { #"{"prompt": "endless \#($0)", "answer": "x"}"# })
      #expect(
        await complaint(fixture.request(output: "none"), suite).hasPrefix(
          "none of 4 questions could be answered; the first failure: the prompt has 9000"))
    }
  }

  @Test func `results of other inputs are replaced only when asked`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      _ = try await pipeline(fixture.request(), suite).run()
      var request = fixture.request()
      request.alpha = 0.3
      #expect(
        await complaint(request, suite).contains("the folder holds results from other inputs"))
      request.overwrites = true
      let count = fakes.inference.prompts.count
      let outcome = try await pipeline(request, suite).run()
      #expect(outcome.result.promise.alpha == 0.3)
      #expect(fakes.inference.prompts.count == count, "the answers are the same")
    }
  }

  @Test func `a cancelled run says so, and two runs in one folder are refused`() async throws {
    let gate = Gate()
    let fakes = FakeSuite(inference: FakeInference(gate: gate))
    try await fakes.run { suite in
      let request = fixture.request()
      let words = await withTaskGroup(of: String.self) { group in
        group.addTask { await complaint(request, suite) }
        await gate.someoneWaits()
        let second = await complaint(request, suite)
        #expect(second == "out: another process works in this folder (process \(getpid()))")
        group.cancelAll()
        return await group.next() ?? ""
      }
      #expect(words == "interrupted; the same command goes on where this one stopped")
      gate.open()
      _ = try await pipeline(request, suite).run()
    }
  }

  @Test func `what is missing is named with the way to get it`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      fakes.inference.loseModel()
      #expect(
        await complaint(fixture.request(), suite).contains("`autodidact model fetch smollm2`"))
    }
    let words = await complaint(fixture.request(), suiteClient(in: fixture.folder.path))
    #expect(words.hasPrefix("autodidact-inference does not answer"), "\(words)")
  }

  @Test func `a disk that fills at any write leaves no half results`() async throws {
    let fakes = FakeSuite()
    try fixture.write(
      "questions.jsonl", rows: (0..<30).map { RejectionFixture.row(number: $0, hasAnswer: true) })
    try await fakes.run { suite in
      _ = try await pipeline(fixture.request(output: "whole"), suite).run()
      let whole = try fixture.results(in: "whole")
      var failing = 0
      while true {
        let faults = FaultyCalls(failing: failing, errorNumber: ENOSPC)
        do throws(RejectionSamplingError) {
          _ = try await pipeline(fixture.request(), suite, calls: faults.calls).run()
          break
        } catch {
          #expect(error.description.contains("the disk is full"), "\(error)")
          try ResultFolder(path: fixture.folder.file("out")).finishMoving()
          let now = try fixture.results()
          #expect(now.isEmpty || now == whole, "call \(failing)")
        }
        failing += 1
      }
      #expect(failing > 10)
      #expect(try fixture.results() == whole)
    }
  }
}
