import AutodidactClient
import Files
import Foundation
import Messages
import TTRPC
import TestSupport
import Testing

@testable import Pipelines

@Suite(.timeLimit(.minutes(2))) struct SelfTrainingPipelineTests {
  let fixture: SelfTrainingFixture

  init() throws { fixture = try SelfTrainingFixture() }

  /// Runs the job and returns what a person reads if it fails.
  private func complaint(
    _ request: SelfTrainingRequest, _ suite: Autodidact
  ) async -> String {
    do throws(SelfTrainingError) {
      _ = try await SelfTrainingPipeline(request, suite: suite) { _ in }.run()
      return "no complaint"
    } catch {
      return error.description.replacing(fixture.folder.file(""), with: "")
    }
  }

  @Test func `a run writes all its files`() async throws {
    let fakes = FakeSuite()
    let log = EventLog()
    try await fakes.run { suite in
      let outcome = try await SelfTrainingPipeline(
        fixture.request(), suite: suite, observer: log.observer
      ).run()
      #expect(!outcome.wasFinished)
      #expect(outcome.result.comparison.basis == .test)
      #expect(outcome.result.comparison.gainedCount == 3)
      #expect(outcome.result.comparison.lostCount == 0)
      #expect(outcome.result.classes.map(\.name) == ["car", "fruit", "stone"])
    }
    #expect(log.roundCount == 2)
    let files = try fixture.results()
    #expect(
      files.keys.sorted() == [
        "detector.bin", "head.safetensors", "metrics.json", "model.json", "pseudo_labels.jsonl",
        "quarantine.jsonl", "report.html",
      ])
    let lines = String(decoding: try #require(files["pseudo_labels.jsonl"]), as: UTF8.self)
      .split(separator: "\n")
    #expect(lines.count == 400 - 45)
    #expect(
      lines.first?.hasPrefix(
        #"{"confidence":0.9,"id":"2","label":"fruit","line":2,"neighbors":[],"ood_score":0.1"#)
        == true, "\(lines.first ?? "")")
    let quarantined = String(decoding: try #require(files["quarantine.jsonl"]), as: UTF8.self)
    #expect(quarantined.split(separator: "\n").count == 45)
    #expect(files["detector.bin"].map { $0.starts(with: Data("state of selftrain-".utf8)) } == true)
  }

  @Test(arguments: [(0.2, 355, 8), (0.1, 284, 71)])
  func `the detector is calibrated on true labels, or on the pool where they are too few`(
    rate: Double, fitCount: Int, heldOutCount: Int
  ) async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      var request = fixture.request()
      request.falseAlarmRate = rate
      _ = try await SelfTrainingPipeline(request, suite: suite) { _ in }.run()
    }
    var counts: [FeatureRole: Int] = [:]
    for case .chunk(let chunk) in fakes.detectors.fitRequests.map(\.part) {
      counts[chunk.role, default: 0] += chunk.labels.count
    }
    #expect(counts == [.fit: fitCount, .heldOut: heldOutCount])
  }

  @Test func `without pseudo-labels the labels serve the detector by halves`() async throws {
    let fakes = FakeSuite()
    fakes.teacher.choose(round: 0)
    try await fakes.run { suite in
      var request = fixture.request()
      request.falseAlarmRate = 0.25
      let outcome = try await SelfTrainingPipeline(request, suite: suite) { _ in }.run()
      #expect(outcome.result.comparison.verdict.hasPrefix("Self-training did not help"))
    }
    var counts: [FeatureRole: Int] = [:]
    for case .chunk(let chunk) in fakes.detectors.fitRequests.map(\.part) {
      counts[chunk.role, default: 0] += chunk.labels.count
    }
    #expect(counts == [.fit: 5, .heldOut: 3])
  }

  @Test func `the same inputs give the same bytes, and a finished folder is left alone`()
    async throws
  {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      _ = try await SelfTrainingPipeline(fixture.request(), suite: suite) { _ in }.run()
      _ = try await SelfTrainingPipeline(
        fixture.request(output: "second"), suite: suite
      ) { _ in }.run()
      let count = fakes.encoder.encodedTexts.count
      let again = try await SelfTrainingPipeline(fixture.request(), suite: suite) { _ in }.run()
      #expect(again.wasFinished)
      #expect(fakes.encoder.encodedTexts.count == count)
    }
    var first = try fixture.results()
    var second = try fixture.results(in: "second")
    // The report shows the folder in a command.
    first["report.html"] = nil
    second["report.html"] = nil
    #expect(first == second)
  }

  @Test func `results of other inputs are replaced only when asked`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      _ = try await SelfTrainingPipeline(fixture.request(), suite: suite) { _ in }.run()
      var request = fixture.request()
      request.options.seed = 7
      #expect(
        await complaint(request, suite)
          == "out: the folder holds results from other inputs; choose another folder, or "
          + "replace them with --overwrite")
      request.overwrites = true
      let outcome = try await SelfTrainingPipeline(request, suite: suite) { _ in }.run()
      #expect(outcome.result.seed == 7)
    }
  }

  @Test(arguments: 0..<4) func `a run goes on where encoding stopped`(chunkCount: Int) async throws
  {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      fakes.encoder.fail(afterChunks: chunkCount, code: .internal)
      let words = await complaint(fixture.request(), suite)
      #expect(words == "the fake goes away")
      let log = EventLog()
      _ = try await SelfTrainingPipeline(
        fixture.request(), suite: suite, observer: log.observer
      ).run()
      _ = try await SelfTrainingPipeline(
        fixture.request(output: "second"), suite: suite
      ) { _ in }.run()
      #expect(fakes.teacher.runIDs.count == 1)
    }
    let (first, second) = (try fixture.results(), try fixture.results(in: "second"))
    #expect(first["model.json"] == second["model.json"])
    #expect(first["metrics.json"] == second["metrics.json"])
  }

  @Test func `a connection that is lost is made anew`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      fakes.encoder.fail(afterChunks: 2)
      fakes.teacher.failFollowing(count: 2)
      let outcome = try await SelfTrainingPipeline(fixture.request(), suite: suite) { _ in }.run()
      #expect(outcome.result.counts.unlabelled == 400)
    }
  }

  @Test func `a cancelled run says so and goes on later`() async throws {
    let gate = Gate()
    let fakes = FakeSuite(encoder: FakeEncoder(gate: gate))
    try await fakes.run { suite in
      let request = fixture.request()
      let words = await withTaskGroup(of: String.self) { group in
        group.addTask { await complaint(request, suite) }
        await gate.someoneWaits()
        group.cancelAll()
        return await group.next() ?? ""
      }
      #expect(words == "interrupted; the same command goes on where this one stopped")
      gate.open()
      let outcome = try await SelfTrainingPipeline(request, suite: suite) { _ in }.run()
      #expect(!outcome.wasFinished)
    }
  }

  @Test func `two runs in one folder: the second names the first`() async throws {
    let gate = Gate()
    let fakes = FakeSuite(encoder: FakeEncoder(gate: gate))
    try await fakes.run { suite in
      let request = fixture.request()
      let words = await withTaskGroup(of: String.self) { group in
        group.addTask { await complaint(request, suite) }
        await gate.someoneWaits()
        let second = await complaint(request, suite)
        gate.open()
        #expect(await group.next() == "no complaint")
        return second
      }
      #expect(
        words == "out: another process works in this folder (process \(getpid()))")
    }
  }

  @Test func `without a test file the numbers are cross-validated`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      let outcome = try await SelfTrainingPipeline(
        fixture.request(hasTest: false), suite: suite
      ) { _ in }.run()
      #expect(outcome.result.comparison.basis == .crossValidation)
      #expect(
        outcome.result.comparison.verdict
          == "Self-training raised cross-validated accuracy from 70.0 % to 80.0 % (+10.0 points).")
    }
  }
}
