import Statistics
import TestSupport
import Testing

@testable import Judging

@Suite struct JudgeEvaluationTests {
  private func items(_ count: Int, seed: UInt64) -> [JudgeEvaluation.Item] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { index in
      let label = random.uniform() < 0.6 ? 1.0 : 0
      return JudgeEvaluation.Item(
        prompt: "p\(index / 4)", score: label + random.uniform() * 1.5,
        length: random.uniform(), label: label)
    }
  }

  @Test func `a useful judge beats the length, with intervals around its figures`() throws {
    let evaluation = JudgeEvaluation(items(400, seed: 1), resampleCount: 200, seed: 3)
    for estimate in [
      evaluation.judge.aurc, evaluation.judge.auroc, evaluation.judge.pairAccuracy,
      evaluation.pearson, evaluation.spearman, evaluation.kendall, evaluation.length.auroc,
    ] {
      guard case .defined(let value, let interval) = estimate else {
        Issue.record("undefined")
        continue
      }
      #expect(interval.contains(value))
      #expect(interval.upperBound - interval.lowerBound > 0)
    }
    let judge = try #require(evaluation.judge.auroc.value)
    let length = try #require(evaluation.length.auroc.value)
    #expect(judge > 0.75 && abs(length - 0.5) < 0.1)
    #expect(evaluation.promptCount == 100)
    #expect(evaluation.curve.itemCount == 400)
  }

  @Test func `the same seed gives the same report, and another order of the items the same values`()
    throws
  {
    let items = items(80, seed: 2)
    let first = JudgeEvaluation(items, resampleCount: 50, seed: 1)
    let again = JudgeEvaluation(items, resampleCount: 50, seed: 1)
    let reversed = JudgeEvaluation(items.reversed(), resampleCount: 50, seed: 1)
    #expect(first.judge == again.judge)
    #expect(first.judge.pairAccuracy.value == reversed.judge.pairAccuracy.value)
    let difference = try #require(first.judge.aurc.value) - #require(reversed.judge.aurc.value)
    #expect(abs(difference) < 1e-12)
  }

  @Test func `what is not defined says why`() {
    let same = (0..<6).map {
      JudgeEvaluation.Item(prompt: "\($0)", score: 1, length: 2, label: 1)
    }
    let evaluation = JudgeEvaluation(same, resampleCount: 10, seed: 1)
    #expect(evaluation.judge.auroc == .undefined("all answers are right, or all are wrong"))
    #expect(evaluation.judge.pairAccuracy.value == nil)
    #expect(evaluation.pearson.value == nil && evaluation.kendall.value == nil)
    #expect(evaluation.lengthCorrelation == nil)
    #expect(evaluation.judge.aurc.value == 0)
  }

  @Test func `equal labels are no pair and equal scores are half a one`() {
    let counts = PairCounts(scores: [1, 1, 3, 0], labels: [1, 0, 1, 0.5])
    // Ordered pairs: (0,1) tied, (0,3), (2,1), (2,3), and (3,1) in the wrong order.
    #expect(counts.pairCount == 5)
    #expect(counts.orderedCount == 3.5)
    #expect(PairCounts().accuracy == nil)
  }
}
