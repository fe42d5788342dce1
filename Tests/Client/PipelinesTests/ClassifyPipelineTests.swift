import AutodidactClient
import Foundation
import Messages
import ServiceFixtures
import TestSupport
import Testing

@testable import Pipelines

@Suite(.timeLimit(.minutes(2))) struct ClassifyPipelineTests {
  let fixture: SelfTrainingFixture

  init() throws { fixture = try SelfTrainingFixture() }

  /// Trains a model with the fakes and classifies `rows` with it.
  private func classified(
    _ rows: [String], fakes: FakeSuite = FakeSuite(), includesText: Bool = false,
    before: () throws -> Void = {}
  ) async throws -> (summary: ClassifyPipeline.Summary, lines: [String]) {
    var summary = ClassifyPipeline.Summary()
    try fixture.write("new.jsonl", rows: rows)
    try await fakes.run { suite in
      _ = try await SelfTrainingPipeline(fixture.request(), suite: suite) { _ in }.run()
      try before()
      summary = try await ClassifyPipeline(
        model: try ModelFolder(path: fixture.folder.file("out")), suite: suite,
        includesText: includesText
      ) { _ in }.run(
        input: fixture.folder.file("new.jsonl"), output: fixture.folder.file("classified.jsonl"))
    }
    let text = try String(contentsOfFile: fixture.folder.file("classified.jsonl"), encoding: .utf8)
    return (summary, text.split(separator: "\n").map(String.init))
  }

  @Test func `every line is answered in its place`() async throws {
    let (summary, lines) = try await classified([
      #"{"text": "", "id": "first"}"#, #"{"text": "wheel x"}"#, #"{"text": "quark"}"#,
      #"{"text": " ", "id": 7}"#,
    ])
    #expect(
      lines == [
        #"{"confidence":null,"id":"first","label":null,"ood_p_value":null,"ood_score":null,"#
          + #""out_of_distribution":null,"remark":"the text is empty"}"#,
        #"{"confidence":0.9,"id":"2","label":"car","ood_p_value":1,"ood_score":0,"#
          + #""out_of_distribution":false}"#,
        #"{"confidence":0.33333334,"id":"3","label":"car","ood_p_value":0,"ood_score":1,"#
          + #""out_of_distribution":true}"#,
        #"{"confidence":null,"id":"7","label":null,"ood_p_value":null,"ood_score":null,"#
          + #""out_of_distribution":null,"remark":"the text is empty"}"#,
      ])
    #expect(summary.rowCount == 4)
    #expect(summary.outOfDistributionCount == 1)
    #expect(summary.emptyCount == 2)
  }

  @Test func `many lines come out in the order in which they went in`() async throws {
    let (summary, lines) = try await classified(
      (0..<1000).map { $0 % 50 == 49 ? #"{"text": ""}"# : #"{"text": "apple \#($0)"}"# },
      includesText: true)
    #expect(summary.rowCount == 1000)
    for (index, line) in lines.enumerated() {
      #expect(line.contains(#""id":"\#(index + 1)""#), "\(line)")
      if index % 50 != 49 { #expect(line.contains(#""text":"apple \#(index)""#), "\(line)") }
    }
  }

  @Test func `the detector is stored again where the service lost it`() async throws {
    let fakes = FakeSuite()
    let (summary, _) = try await classified([#"{"text": "plum"}"#], fakes: fakes) {
      fakes.detectors.clear()
    }
    #expect(summary.rowCount == 1)
    #expect(fakes.detectors.importCount == 1)
  }

  @Test(arguments: ["head.safetensors", "detector.bin", "model.json"])
  func `a file of the model that was changed is refused with its name`(name: String) async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      _ = try await SelfTrainingPipeline(fixture.request(), suite: suite) { _ in }.run()
    }
    let path = fixture.folder.file("out/" + name)
    var bytes = Array(try Data(contentsOf: URL(filePath: path)))
    bytes[bytes.count / 2] ^= 0x55
    try Data(bytes).write(to: URL(filePath: path))
    let error = #expect(throws: SelfTrainingError.self) {
      _ = try ModelFolder(path: fixture.folder.file("out"))
    }
    #expect(error?.description.contains("\(name): the file is damaged") == true, "\(error as Any)")
  }

  @Test func `a folder without a model is refused with the missing file`() {
    let error = #expect(throws: SelfTrainingError.self) {
      _ = try ModelFolder(path: fixture.folder.path)
    }
    #expect(
      error?.description == fixture.folder.file("model.json") + ": there is no such file or folder")
  }

  @Test func `features that are not numbers are refused`() async throws {
    let fakes = FakeSuite()
    fakes.encoder.breakFeatures()
    try await fakes.run { suite in
      let error = await #expect(throws: SelfTrainingError.self) {
        _ = try await SelfTrainingPipeline(fixture.request(), suite: suite) { _ in }.run()
      }
      #expect(error?.description.contains("has a feature that is not a number") == true)
    }
  }

  @Test func `a daemon that is not running is named with the way to start it`() async throws {
    let error = await #expect(throws: SelfTrainingError.self) {
      _ = try await SelfTrainingPipeline(
        fixture.request(), suite: suiteClient(in: fixture.folder.path)
      ) { _ in }.run()
    }
    let words = error?.description ?? ""
    #expect(words.hasPrefix("autodidact-encoder does not answer"), "\(words)")
    #expect(words.contains("autodidact up"), "\(words)")
  }

  @Test func `a disk that fills at any write leaves no half results`() async throws {
    let fakes = FakeSuite()
    try await fakes.run { suite in
      _ = try await SelfTrainingPipeline(fixture.request(), suite: suite) { _ in }.run()
      let old = try fixture.results()
      var request = fixture.request()
      request.options.seed = 3
      request.overwrites = true
      var failing = 0
      while true {
        let faults = FaultyCalls(failing: failing, errorNumber: ENOSPC)
        do throws(SelfTrainingError) {
          _ = try await SelfTrainingPipeline(
            request, suite: suite, calls: faults.calls
          ) { _ in }.run()
          break
        } catch {
          #expect(error.description.contains("the disk is full"), "\(error)")
          let results = ResultFolder(path: fixture.folder.file("out"))
          try results.finishMoving()
          let now = try fixture.results()
          if now != old {
            let card = try ModelFolder(path: fixture.folder.file("out")).card
            let metrics = String(decoding: now["metrics.json"] ?? Data(), as: UTF8.self)
            #expect(metrics.contains(card.training.inputDigest), "call \(failing)")
            break
          }
        }
        failing += 1
      }
      #expect(failing > 20)
    }
  }
}
