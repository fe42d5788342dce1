import AutodidactClient
import Messages
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@Suite struct CalibrationTests {
  @Test func `calibrated scores carry probabilities with intervals`() async throws {
    let state = try TemporaryFolder()
    try await withJudge(state: state) { judge in
      try await judge.fit("l", .length(LengthParameters()))
      let few = try await judge.calibrate("l", on: labelledItems(300, seed: 1))
      #expect(few.calibration?.method == .platt && few.calibration?.itemCount == 300)
      let many = try await judge.calibrate("l", on: labelledItems(1200, seed: 2))
      let report = try #require(many.calibration)
      #expect(report.method == .isotonic && report.reliability.count == 15)
      #expect(report.ece < 0.08 && report.brier < 0.22 && report.nll < 0.65)
      #expect(report.digest.count == 64 && many.version == 1)
      let again = try await judge.calibrate("l", on: labelledItems(1200, seed: 2))
      #expect(again == many)
    }
    try await withJudge(state: state) { judge in
      let items = labelledItems(50, seed: 3, prefix: "new")
      let scores = try await judge.scoreItems(ScoreItemsRequest(judge: "l", items: items)).scores
      for score in scores {
        let probability = try #require(score.probability)
        #expect(score.probabilityLower <= probability && probability <= score.probabilityUpper)
      }
      let sorted = scores.sorted { $0.value < $1.value }.map { $0.probability ?? -1 }
      #expect(sorted == sorted.sorted())
    }
  }

  @Test func `what cannot be calibrated is refused with its reason`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("l", .length(LengthParameters()))
      func refusal(_ items: [JudgedItem]) async -> String {
        await failure { _ = try await judge.calibrate("l", on: items) }?.message ?? "none"
      }
      #expect(await refusal(labelledItems(10, seed: 1)).contains("20 are needed"))
      var same = labelledItems(40, seed: 1)
      for index in same.indices { same[index].response = "one" }
      #expect(await refusal(same).contains("all scores are"))
      var right = labelledItems(40, seed: 1)
      for index in right.indices { right[index].label = 1 }
      #expect(await refusal(right).contains("both kinds are needed"))
      right[0].label = 1.5
      #expect(await refusal(right).contains("no label in 0...1"))
    }
  }

  @Test func `a report has the length beside the judge and counts what has no score`() async throws
  {
    try await withJudge(state: try TemporaryFolder()) { judge in
      let rules = RulesParameters(rules: [
        Rule(name: "yes", check: .pattern(PatternCheck(pattern: "yes")))
      ])
      try await judge.fit("r", .rules(rules))
      var items: [JudgedItem] = []
      for index in 0..<60 {
        let isRight = index % 3 != 0
        items.append(
          JudgedItem(
            itemID: "\(index)", promptID: "\(index / 6)",
            response: isRight ? "yes" : "it is not so", label: isRight ? 1 : 0))
      }
      items[0].response = ""
      let report = try await judge.evaluate("r", on: items)
      #expect(report.scoredCount == 59 && report.unscoredCount == 1 && report.promptCount == 10)
      #expect(report.auroc?.value == 1 && report.pairAccuracy?.value == 1)
      #expect(report.lengthAuroc?.value == 0 && (report.lengthCorrelation ?? 0) < 0)
      #expect(report.aurc?.value == report.aurcOracle)
      #expect(report.pearson?.defined == true && report.curve.count == 2)
      for index in items.indices { items[index].label = 1 }
      let undefined = try await judge.evaluate("r", on: items)
      #expect(undefined.auroc?.defined == false && undefined.auroc?.reason.isEmpty == false)
      for index in items.indices { items[index].response = "yes yes" }
      let constant = try await judge.evaluate("r", on: items)
      #expect(constant.lengthCorrelation == nil && constant.pearson?.defined == false)
      let none = await failure {
        _ = try await judge.evaluate("r", on: [JudgedItem(itemID: "e", response: "", label: 1)])
      }
      #expect(none?.code == .failedPrecondition)
    }
  }

  @Test func `the length beside a judge that asks an encoder is in its tokens`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("s", .referenceSimilarity(ReferenceSimilarityParameters()))
      let rule = Rule(name: "b", check: .pattern(PatternCheck(pattern: "b")))
      try await judge.fit("r", .rules(RulesParameters(rules: [rule])))
      // The right answer has more tokens in the fake's count and fewer words and marks.
      let items = (0..<20).flatMap { index in
        [("a b c", 1.0), ("a!?!?! b", 0)].map { text, label in
          JudgedItem(
            itemID: "\(index) \(label)", promptID: "\(index)", response: text, reference: "a b",
            label: label)
        }
      }
      let tokens = try await judge.evaluate("s", on: items)
      #expect(tokens.lengthUnit == .tokens && tokens.lengthPairAccuracy?.value == 1)
      let words = try await judge.evaluate("r", on: items)
      #expect(words.lengthUnit == .words && words.lengthPairAccuracy?.value == 0)
    }
  }
}
