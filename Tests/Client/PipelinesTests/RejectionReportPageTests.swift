import Foundation
import FoundationXML
import Testing

@testable import Pipelines

@Suite(.timeLimit(.minutes(2))) struct RejectionReportPageTests {
  /// The result of a run of the fakes.
  private func result(refusing: Bool = false) async throws -> RejectionSamplingPipeline.Outcome {
    let fixture = try RejectionFixture()
    let fakes = FakeSuite()
    if refusing { fakes.judge.refuse(moreLabelsNeeded: 12) }
    var outcome: RejectionSamplingPipeline.Outcome?
    try await fakes.run { suite in
      outcome = try await RejectionSamplingPipeline(fixture.request(), suite: suite) { _ in }.run()
    }
    return try #require(outcome)
  }

  private func html(
    _ outcome: RejectionSamplingPipeline.Outcome, prompt: String = "2 + 2"
  ) -> String {
    let example = RejectionReportContent.Example(
      id: "1", prompt: prompt, text: "4", gold: "5", score: 0.5, voteShare: nil, isKept: true,
      isRight: false)
    return RejectionReportPage(
      RejectionReportContent(
        result: outcome.result, speed: outcome.speed, examples: [example], folder: "a \"b\"")
    ).html
  }

  @Test(arguments: [true, false])
  func `a report is well-formed and needs nothing else`(refusing: Bool) async throws {
    let html = html(try await result(refusing: refusing))
    let parser = XMLParser(data: Data(html.utf8))
    #expect(parser.parse(), "line \(parser.lineNumber): \(parser.parserError as Any)")
    let loads = ["src=", "href=", "@import", "url(", "<script", "<link"]
    #expect(loads.filter { html.contains($0) } == [])
    #expect(!html.contains("NaN") && !html.contains("inf\""))
    #expect(html.contains(refusing ? "<h1>Nothing is kept" : "have an answer that is kept"))
    #expect(html.contains("class=\"chosen\"") == !refusing)
  }

  @Test func `texts of users stay texts`() async throws {
    let html = html(try await result(), prompt: "<script>alert(1)</script>")
    #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
  }

  @Test func `a gain that may be none is not called one`() {
    let estimate = RejectionSamplingResult.Estimate(value: 0.5, lower: 0.4, upper: 0.6)
    var counts = RejectionSamplingResult.Counts(
      questions: 20, calibration: 10, measured: 10, unlabelled: 0, repeated: 0, failed: 0,
      answers: 80, cutOff: 0, unreadable: 0, kept: 3, pairs: 0)
    let promise = RejectionSamplingResult.Promise(
      isCertified: true, reason: "", moreLabelsNeeded: 0, alpha: 0.2, delta: 0.05, threshold: 1,
      itemCount: 10)
    let precision = RejectionSamplingResult.Precision(
      questionCount: 10, sampled: estimate, selected: estimate, kept: estimate,
      gain: .init(value: 0.1, lower: -0.1, upper: 0.3), keptCount: 3, keptRightCount: 2)
    let verdict = RejectionVerdict(counts: counts, promise: promise, precision: precision).text
    #expect(verdict.contains("not clearly right more often"))
    counts.kept = 0
    #expect(
      RejectionVerdict(counts: counts, promise: promise, precision: precision).text
        == "No answer reaches the certified score.")
  }
}
