import Testing

@testable import Pipelines
@testable import autodidact

@Suite struct ResultTableTests {
  @Test func `columns stand under each other`() {
    #expect(
      ResultTable.table([["", "a", "bb"], ["row", "1.0", "2"], ["longer"]])
        == "           a   bb\nrow      1.0    2\nlonger")
  }

  @Test func `a round is told in one line`() {
    var round = SelfTrainingResult.Round(
      round: 0, pseudoLabelCount: 0, meanConfidence: 0,
      validation: .init(accuracy: 0.7, standardError: 0.03), test: nil, rejectedByGuard: false,
      collapseAlarms: [])
    #expect(ResultTable.line(of: round) == "labels alone · cross-validated 70.0 ± 3.0 %")
    round.round = 2
    round.pseudoLabelCount = 1234
    round.test = .init(accuracy: 0.75, standardError: 0.01)
    round.rejectedByGuard = true
    #expect(
      ResultTable.line(of: round)
        == "round 2 · 1,234 pseudo-labels · cross-validated 70.0 ± 3.0 % · test 75.0 % · "
        + "rejected by the guard")
  }

  @Test func `a whole result reads like this`() {
    #expect(ResultTable.text(SampleRun.result(hasTest: true), folder: "out") == SampleRun.text)
  }

  @Test func `without a test file the text says so`() {
    let text = ResultTable.text(SampleRun.result(hasTest: false), folder: "out")
    #expect(
      text.contains("cross-validated on 120 labelled texts: there is no test file"), "\(text)")
    #expect(!text.contains("73.0"))
  }
}
