import AutodidactClient
import Messages
import Synchronization
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import JudgeService

@Suite struct UpstreamTests {
  private let mean = JudgeMethod.Parameters.meanLogProbability(MeanLogProbabilityParameters())

  private func items(_ count: Int) -> [JudgedItem] {
    (0..<count).map {
      JudgedItem(itemID: "\($0)", prompt: Prompt(input: .text("p\($0 / 2)")), response: "r\($0)")
    }
  }

  @Test func `a daemon that is away for a while is waited for`() async throws {
    let models = FakeModels()
    try await withJudge(state: try TemporaryFolder(), models: models) { judge in
      try await judge.fit("m", mean)
      models.fail(12, code: .unavailable)
      let scores = try await judge.scoreItems(ScoreItemsRequest(judge: "m", items: items(10)))
      #expect(scores.scores.allSatisfy { $0.status == .scored && $0.value < 0 })
      models.fail(3, code: .resourceExhausted)
      let more = items(20).suffix(10)
      let again = try await judge.scoreItems(ScoreItemsRequest(judge: "m", items: Array(more)))
      #expect(again.scores.allSatisfy { $0.status == .scored })
    }
  }

  @Test func `a daemon that stays away ends the batch, which can be sent again`() async throws {
    let models = FakeModels()
    try await withJudge(state: try TemporaryFolder(), models: models) { judge in
      try await judge.fit("m", mean)
      // 64 items of 32 prompts are a part; the second part meets the failures.
      models.fail(100_000, after: 32)
      let request = ScoreItemsRequest(judge: "m", runID: "long", items: items(150))
      let error = await failure { _ = try await judge.scoreItems(request) }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("64 scores of this request are stored") == true)
      #expect(error?.message.contains("`long`") == true)
      models.fail(0)
      let before = models.state.withLock { $0.scoredTexts.count }
      let answer = try await judge.scoreItems(request)
      #expect(answer.scores.count { $0.existed } == 64)
      #expect(answer.scores.allSatisfy { $0.status == .scored })
      #expect(models.state.withLock { $0.scoredTexts.count } - before == 86)
    }
  }

  @Test func `an answer that is refused is an error of its own`() async throws {
    let models = FakeModels()
    try await withJudge(state: try TemporaryFolder(), models: models) { judge in
      try await judge.fit("m", mean)
      var batch = items(4)
      batch[1].prompt = Prompt(input: .text("refuse"))
      batch[2].prompt = Prompt(input: .text("refuse"))
      let scores = try await judge.scoreItems(ScoreItemsRequest(judge: "m", items: batch)).scores
      #expect(scores.map(\.status) == [.scored, .error, .error, .scored])
      #expect(scores[1].reason.contains("too many tokens"))
      let report = await failure { _ = try await judge.evaluate("m", on: batch) }
      #expect(report?.code == .invalidArgument)
    }
  }

  @Test func `texts are encoded once and compared`() async throws {
    let models = FakeModels()
    try await withJudge(state: try TemporaryFolder(), models: models) { judge in
      try await judge.fit("s", .referenceSimilarity(ReferenceSimilarityParameters()))
      let batch = [
        JudgedItem(itemID: "a", response: "the same", reference: "the same"),
        JudgedItem(itemID: "b", response: "another", reference: "the same"),
        JudgedItem(itemID: "c", response: "no reference"),
      ]
      let before = models.state.withLock { $0.encodedTexts.count }
      let scores = try await judge.scoreItems(ScoreItemsRequest(judge: "s", items: batch)).scores
      #expect(abs(scores[0].value - 1) < 1e-6 && scores[1].value < 1)
      #expect(scores[2].status == .unscored)
      #expect(models.state.withLock { $0.encodedTexts.count } - before == 2)
    }
  }

  @Test func `a replay finds what came out differently`() async throws {
    let models = FakeModels()
    try await withJudge(state: try TemporaryFolder(), models: models) { judge in
      try await judge.fit("m", mean)
      try await judge.fit("l", .length(LengthParameters()))
      var batch = items(100)
      batch[7].response = ""
      _ = try await judge.scoreItems(ScoreItemsRequest(judge: "m", runID: "r", items: batch))
      let same = try await judge.replay("r")
      #expect(same.summary.itemCount == 100 && same.summary.differenceCount == 0)
      models.state.withLock { $0.shift = 1e-7 }
      #expect(try await judge.replay("r").summary.differenceCount == 0)
      models.state.withLock { $0.shift = 1e-3 }
      let changed = try await judge.replay("r")
      #expect(changed.summary.differenceCount == 99 && changed.differences.count == 99)
      #expect(abs(changed.summary.largestDifference - 1e-3) < 1e-5)
      let other = try await judge.replay("r", judge: "l")
      #expect(other.summary.differenceCount == 99)
      let error = await failure { _ = try await judge.replay("nothing") }
      #expect(error?.code == .notFound)
    }
  }
}
