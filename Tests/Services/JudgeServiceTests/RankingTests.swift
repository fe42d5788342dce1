import AutodidactClient
import Messages
import Synchronization
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@Suite struct RankingTests {
  private let consensus = JudgeMethod.Parameters.consensus(
    ConsensusParameters(extraction: AnswerExtraction(form: .lastNumber)))

  private func set(_ id: String, _ responses: [String]) -> CandidateSet {
    CandidateSet(promptID: id, candidates: responses.map { Candidate(response: $0) })
  }

  @Test func `the majority comes first and what cannot be read last`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("c", consensus)
      let sets = [
        set("clear", ["none", "3", "4", "It is 4.0"]), set("tied", ["1", "2"]),
        set("nothing", ["a", "b"]),
      ]
      let found = try await judge.rank(RankRequest(judge: "c", sets: sets)).rankings
      #expect(found[0].order == [2, 3, 1, 0] && !found[0].tie)
      #expect(found[0].votes.map(\.answer) == ["4", "3"])
      #expect(found[0].votes.map(\.count) == [2, 1])
      #expect(abs(found[0].votes[0].share - 2.0 / 3) < 1e-12)
      #expect(found[0].scores[0].status == .unscored)
      #expect(found[0].scores[2].value == 0.5)
      #expect(found[1].order == [0, 1] && found[1].tie)
      #expect(found[2].votes.isEmpty && !found[2].tie)
      #expect(found[2].scores.allSatisfy { $0.status == .unscored })
    }
  }

  @Test func `ranks are stored like all scores`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("l", .length(LengthParameters()))
      let ranking = try await judge.rank(
        RankRequest(judge: "l", sets: [set("p", ["a b", "a b c", "a"])])
      ).rankings[0]
      #expect(ranking.order == [1, 0, 2])
      let told = try await judge.explainScore(
        ExplainScoreRequest(scoreID: ranking.scores[1].scoreID))
      #expect(told.item?.response == "a b c" && told.item?.promptID == "p")
    }
  }

  @Test func `ranks and pairs of a run are scored once`() async throws {
    let models = FakeModels()
    try await withJudge(state: try TemporaryFolder(), models: models) { judge in
      try await judge.fit("s", .referenceSimilarity(ReferenceSimilarityParameters()))
      var candidates = set("p", ["a b", "a b c"])
      candidates.reference = "a"
      let pair = AnswerPair(pairID: "p", first: "a", second: "b", reference: "c")
      var texts: [Int] = []
      for _ in 0..<2 {
        let ranked = try await judge.rank(
          RankRequest(judge: "s", sets: [candidates], runID: "ranks"))
        let compared = try await judge.compare(
          CompareRequest(judge: "s", pairs: [pair], runID: "pairs"))
        #expect(ranked.rankings[0].order == [0, 1])
        #expect(compared.comparisons[0].status == .scored)
        texts.append(models.state.withLock { $0.encodedTexts.count })
      }
      #expect(texts[0] == texts[1])
      let runs = try await judge.listScoreRuns(ListScoreRunsRequest()).runs
      #expect(Set(runs.map(\.runID)) == ["ranks", "pairs"])
      #expect(runs.allSatisfy { $0.scoredCount == 2 })
      #expect(try await judge.replay("pairs").summary.differenceCount == 0)
      let other = AnswerPair(pairID: "p", first: "a", second: "other", reference: "c")
      let error = await failure {
        _ = try await judge.compare(CompareRequest(judge: "s", pairs: [other], runID: "pairs"))
      }
      #expect(error?.code == .failedPrecondition)
    }
  }

  @Test func `pairs are asked in both orders`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("l", .length(LengthParameters()))
      let pairs = [
        AnswerPair(pairID: "1", first: "long answer", second: "short"),
        AnswerPair(pairID: "2", first: "a", second: "much longer"),
        AnswerPair(pairID: "3", first: "same", second: "size"),
        AnswerPair(pairID: "4", first: "", second: "size"),
      ]
      let plain = try await judge.compare(CompareRequest(judge: "l", pairs: pairs)).comparisons
      #expect(plain.map(\.preference) == [.first, .second, .tie, .unspecified])
      #expect(plain.map(\.probabilityForward) == [1, 0, 0.5, 0])
      #expect(plain[3].status == .unscored && plain.allSatisfy { !$0.flipped })
      _ = try await judge.calibrate("l", on: labelledItems(200, seed: 1))
      let calibrated = try await judge.compare(CompareRequest(judge: "l", pairs: pairs)).comparisons
      #expect(calibrated[0].probabilityForward > 0.5 && calibrated[0].probabilityForward < 1)
      #expect(
        abs(calibrated[0].probabilityForward - calibrated[0].probabilityBackward) < 1e-12)
    }
  }

  @Test func `limits and duplicates are refused`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      try await judge.fit("l", .length(LengthParameters()))
      func code(_ sets: [CandidateSet]) async -> RPCCode? {
        await failure { _ = try await judge.rank(RankRequest(judge: "l", sets: sets)) }?.code
      }
      #expect(await code([set("a", ["x"]), set("a", ["y"])]) == .invalidArgument)
      #expect(await code([set("", ["x"])]) == .invalidArgument)
      #expect(await code([set("a", [])]) == .invalidArgument)
      #expect(await code((0...1000).map { set("\($0)", ["x"]) }) == .resourceExhausted)
      #expect(
        await code([set("a", [String](repeating: "x", count: 1025))]) == .invalidArgument)
    }
  }
}
