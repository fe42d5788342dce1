import Testing

@testable import Pipelines

@Suite struct VerdictTests {
  private func sentence(
    _ before: Double, _ after: Double, error: Double = 0.005, isBaseline: Bool = false,
    isSupervisedOnly: Bool = false
  ) -> String {
    Verdict(
      basis: .test, before: before, after: after, standardError: error, isBaseline: isBaseline,
      isSupervisedOnly: isSupervisedOnly
    ).sentence
  }

  @Test func `each outcome has its honest words`() {
    #expect(
      sentence(0.735, 0.782)
        == "Self-training raised accuracy from 73.5 % to 78.2 % (+4.7 points).")
    #expect(
      sentence(0.735, 0.738)
        == "Self-training moved accuracy from 73.5 % to 73.8 % (+0.3 points), which may be chance.")
    #expect(
      sentence(0.735, 0.700)
        == "Self-training did not help: it moved accuracy from 73.5 % to 70.0 % (−3.5 points).")
    #expect(
      sentence(0.735, 0.730)
        == "Self-training did not help: it moved accuracy from 73.5 % to 73.0 % (−0.5 points), "
        + "which may be chance.")
    #expect(sentence(0.7, 0.7) == "Self-training made no difference: accuracy 70.0 %.")
    #expect(
      sentence(0.7, 0.7, isBaseline: true)
        == "Self-training did not help: the classifier from the labels alone was kept, with "
        + "accuracy 70.0 %.")
    #expect(sentence(0.7, 0.7, isSupervisedOnly: true) == "The labels alone give accuracy 70.0 %.")
  }

  @Test func `the standard error of a paired difference counts the rows that differ`() {
    var paired = PairedComparison()
    paired.rowCount = 1000
    paired.gainedCount = 80
    paired.lostCount = 40
    #expect(paired.difference == 0.04)
    #expect((paired.standardError - (120.0 - 1.6).squareRoot() / 1000).magnitude < 1e-12)
  }
}
