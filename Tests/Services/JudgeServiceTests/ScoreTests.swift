import AutodidactClient
import Daemon
import Messages
import Storage
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import JudgeService

@Suite struct ScoreTests {
  private let rule = JudgeMethod.Parameters.rules(
    RulesParameters(rules: [
      Rule(
        name: "number",
        check: .numeric(NumericCheck(extraction: AnswerExtraction(form: .lastNumber))))
    ]))

  @Test func `every status has its reason, and scores stay`() async throws {
    let state = try TemporaryFolder()
    let items = [
      JudgedItem(itemID: "right", response: "It is 42", reference: "42"),
      JudgedItem(itemID: "wrong", response: "It is 41", reference: "42"),
      JudgedItem(itemID: "empty", response: " ", reference: "42"),
      JudgedItem(itemID: "alone", response: "It is 42"),
    ]
    try await withJudge(state: state) { judge in
      try await judge.fit("r", rule)
      let request = ScoreItemsRequest(judge: "r", runID: "one", sequence: 9, items: items)
      let answer = try await judge.scoreItems(request)
      #expect(answer.sequence == 9 && answer.runID == "one")
      #expect(answer.scores.map(\.itemID) == items.map(\.itemID))
      #expect(answer.scores.map(\.status) == [.scored, .scored, .unscored, .unscored])
      #expect(answer.scores.map(\.value) == [1, 0, 0, 0])
      #expect(answer.scores[2].reason == "the answer is empty")
      #expect(answer.scores[3].reason == "there is no reference")
      #expect(answer.scores.allSatisfy { !$0.existed && !$0.scoreID.isEmpty })
    }
    // After a restart the run is as it was.
    try await withJudge(state: state) { judge in
      let more = items + [JudgedItem(itemID: "new", response: "42", reference: "42")]
      let answer = try await judge.scoreItems(
        ScoreItemsRequest(judge: "r", runID: "one", items: more))
      #expect(answer.scores.map(\.existed) == [true, true, true, true, false])
      #expect(answer.scores[0].parts.first?.reason == "42 equals 42")
      let runs = try await judge.listScoreRuns(ListScoreRunsRequest()).runs
      #expect(runs.count == 1)
      #expect(runs[0].scoredCount == 3 && runs[0].unscoredCount == 2 && runs[0].errorCount == 0)
      #expect(abs((runs[0].meanValue ?? 0) - 2.0 / 3) < 1e-12)
      _ = try await judge.scoreItems(
        ScoreItemsRequest(judge: "r", runID: "none", items: [items[2]]))
      let none = try await judge.listScoreRuns(ListScoreRunsRequest()).runs
      #expect(none.first { $0.runID == "none" }?.unscoredCount == 1)
      #expect(none.allSatisfy { ($0.meanValue == nil) == ($0.runID == "none") })
    }
  }

  @Test func `new scores and decisions are counted by what they came to`() async throws {
    let metrics = MetricsRegistry()
    @Sendable func text() -> String { prometheusText(of: metrics.snapshot()) }
    @Sendable func scores(_ method: String, _ status: String, _ count: Int) -> String {
      "autodidact_judge_scores_total{method=\"\(method)\",status=\"\(status)\"} \(count)\n"
    }
    let counters = JudgeCounters(metrics)
    #expect(text().contains(scores("bert-score", "error", 0)))
    try await withJudge(state: try TemporaryFolder(), counters: counters) { judge in
      try await judge.fit("r", rule)
      let items = [
        JudgedItem(itemID: "right", response: "It is 42", reference: "42"),
        JudgedItem(itemID: "wrong", response: "It is 41", reference: "42"),
        JudgedItem(itemID: "alone", response: "It is 42"),
      ]
      // The second time they are there already.
      for _ in 0..<2 {
        _ = try await judge.scoreItems(ScoreItemsRequest(judge: "r", runID: "one", items: items))
      }
      try await judge.fit("l", .length(LengthParameters()))
      let certificate = try await judge.certify(
        CertifyHeader(judge: "l", alpha: 0.3), on: labelledItems(2000, seed: 1))
      let decisions = try await judge.select(
        certificate.certificateID, policy: Policy(), items: labelledItems(50, seed: 2))
      let accepted = decisions.count { $0.accepted }
      #expect((1..<50).contains(accepted))
      let name = "autodidact_judge_decisions_total"
      #expect(text().contains("\(name){outcome=\"accepted\"} \(accepted)\n"))
      #expect(text().contains("\(name){outcome=\"abstained\"} \(50 - accepted)\n"))
    }
    #expect(text().contains(scores("rules", "scored", 2)))
    #expect(text().contains(scores("rules", "unscored", 1)))
    #expect(text().contains(scores("rules", "error", 0)))
    // Scores of a calibration set are not stored.
    #expect(text().contains(scores("length", "scored", 50)))
  }

  @Test func `a stream answers in order and goes on where it was interrupted`() async throws {
    let state = try TemporaryFolder()
    try await withJudge(state: state) { judge in
      try await judge.fit("length", .length(LengthParameters()))
      for round in 0..<2 {
        let call = try await judge.scoreItemsStream()
        for batch in 0..<5 + round {
          try await call.send(
            ScoreItemsRequest(
              judge: "length", runID: "s", sequence: UInt64(batch),
              items: labelledItems(10, seed: UInt64(batch), prefix: "b\(batch)")))
        }
        try await call.finish()
        var sequences: [UInt64] = []
        var existing = 0
        for try await response in call.responses {
          sequences.append(response.sequence)
          existing += response.scores.count { $0.existed }
        }
        #expect(sequences == (0..<5 + round).map { UInt64($0) })
        #expect(existing == round * 50)
      }
    }
  }

  @Test func `what contradicts the run is refused`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("a", .length(LengthParameters()))
      try await judge.fit("b", .consensus(ConsensusParameters()))
      func send(_ judgeName: String, _ items: [JudgedItem], policy: Policy? = nil) async
        -> CallError?
      {
        await failure {
          _ = try await judge.scoreItems(
            ScoreItemsRequest(judge: judgeName, runID: "r", policy: policy, items: items))
        }
      }
      let item = JudgedItem(itemID: "x", response: "one")
      #expect(await send("a", [item]) == nil)
      #expect(await send("b", [item])?.code == .failedPrecondition)
      let other = await send("a", [JudgedItem(itemID: "x", response: "two")])
      #expect(other?.code == .failedPrecondition)
      #expect(await send("a", [item], policy: Policy(remark: "other"))?.code == .failedPrecondition)
      #expect(await send("a", [item, item])?.code == .invalidArgument)
      #expect(await send("a", [JudgedItem(response: "two")])?.code == .invalidArgument)
      let long = JudgedItem(itemID: "l", response: String(repeating: "x", count: 300_000))
      #expect(await send("a", [long])?.code == .resourceExhausted)
      let badRun = await failure {
        _ = try await judge.scoreItems(ScoreItemsRequest(judge: "a", runID: "a b", items: [item]))
      }
      #expect(badRun?.code == .invalidArgument)
    }
  }

  @Test func `rows never change and never go`() async throws {
    let state = try TemporaryFolder()
    try await withJudge(state: state) { judge in
      try await judge.fit("a", .length(LengthParameters()))
      let item = JudgedItem(itemID: "x", response: "one")
      _ = try await judge.scoreItems(ScoreItemsRequest(judge: "a", items: [item]))
    }
    let store = try JudgeStore(folder: state.path)
    for statement in ["UPDATE scores SET value = 9", "DELETE FROM scores", "DELETE FROM judges"] {
      await #expect(throws: JudgeServiceError.self) {
        try await store.write { transaction throws(StorageError) in
          try transaction.execute(statement)
        }
      }
    }
  }

  @Test func `everything about a score is told`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("r", rule)
      let policy = Policy(modelDigest: "m", sampling: SamplingOptions(temperature: 0.8, seed: 3))
      let item = JudgedItem(
        itemID: "x", promptID: "p", prompt: Prompt(input: .text("6 * 7 =")), response: "42",
        reference: "42", label: 1)
      let answer = try await judge.scoreItems(
        ScoreItemsRequest(judge: "r", policy: policy, items: [item]))
      let id = answer.scores[0].scoreID
      let found = try await judge.explainScore(ExplainScoreRequest(scoreID: id))
      #expect(found.item == item && found.policy == policy && found.runID == answer.runID)
      #expect(found.judge?.digest == answer.judgeDigest)
      #expect(found.score?.value == 1 && found.score?.parts.first?.name == "number")
      #expect(
        found.responseDigest
          == "73475cb40a568e8da8a045ced110137e159f890ac4da883b6b17dc651b3a8049")
      #expect(found.promptDigest.count == 64 && found.referenceDigest == found.responseDigest)
      for wrong in ["", "x", "999"] {
        let error = await failure {
          _ = try await judge.explainScore(ExplainScoreRequest(scoreID: wrong))
        }
        #expect(error?.code == .notFound)
      }
    }
  }
}
