import AutodidactClient
import Messages
import Synchronization
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import JudgeService

@Suite struct FitTests {
  @Test func `the same judge stays, another makes a new version, and versions survive`()
    async throws
  {
    let state = try TemporaryFolder()
    try await withJudge(state: state) { judge in
      let first = try await judge.fit("short", .length(LengthParameters()))
      #expect(first.version == 1 && first.digest.count == 64)
      let again = try await judge.fit("short", .length(LengthParameters()))
      #expect(again == first)
      let other = try await judge.fit("short", .consensus(ConsensusParameters()))
      #expect(other.version == 2 && other.digest != first.digest)
    }
    try await withJudge(state: state) { judge in
      let judges = try await judge.listJudges(ListJudgesRequest()).judges
      #expect(judges.map(\.version) == [2, 1])
      let old = ScoreItemsRequest(
        judge: "short", version: 1, items: [JudgedItem(itemID: "a", response: "one two")])
      let answer = try await judge.scoreItems(old)
      #expect(answer.judgeDigest == judges[1].digest)
      let removed = try await judge.removeJudge(RemoveJudgeRequest(name: "short"))
      #expect(removed.removedCount == 2)
      #expect(try await judge.listJudges(ListJudgesRequest()).judges.isEmpty)
      let error = await failure { _ = try await judge.scoreItems(old) }
      #expect(error?.code == .notFound)
      let back = try await judge.fit("short", .consensus(ConsensusParameters()))
      #expect(back.version == 3)
    }
  }

  @Test func `models are named in full and their digests are kept`() async throws {
    let models = FakeModels()
    try await withJudge(state: try TemporaryFolder(), models: models) { judge in
      let version = try await judge.fit("same", .bertScore(BERTScoreParameters()))
      #expect(version.method?.parameters == .bertScore(BERTScoreParameters(encoderModel: "tiny")))
      #expect(version.modelDigests == [String(repeating: "e1", count: 32)])
      models.state.withLock { $0.encoderDigest = String(repeating: "e2", count: 32) }
      let item = JudgedItem(itemID: "a", response: "x", reference: "y")
      let error = await failure {
        _ = try await judge.scoreItems(ScoreItemsRequest(judge: "same", items: [item]))
      }
      #expect(error?.code == .failedPrecondition)
      #expect(error?.message.contains("fit the judge again") == true)
      let next = try await judge.fit("same", .bertScore(BERTScoreParameters()))
      #expect(next.version == 2)
    }
  }

  @Test func `the length beside BERTScore is standardised on the fitted items`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      let items = (0..<20).map { index in
        JudgedItem(
          itemID: "\(index)",
          response: (0...index).map { "word\($0)" }.joined(separator: " "),
          reference: "word3 and more")
      }
      let parameters = JudgeMethod.Parameters.bertScore(BERTScoreParameters(lengthWeight: 1))
      let version = try await judge.fit("both", parameters, on: items)
      #expect(version.fittedItemCount == 20)
      let scores = try await judge.scoreItems(ScoreItemsRequest(judge: "both", items: items)).scores
      let mean = scores.reduce(0) { $0 + $1.value } / 20
      #expect(abs(mean) < 1e-9)
      #expect(scores[0].parts.map(\.name).contains("weighted length"))
      let error = await failure {
        try await judge.fit("both", parameters, on: Array(items.prefix(3)))
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func `a length in tokens counts the encoder's, one in words asks nobody`() async throws {
    let models = FakeModels()
    try await withJudge(state: try TemporaryFolder(), models: models) { judge in
      let words = try await judge.fit("l", .length(LengthParameters()))
      let tokens = try await judge.fit("l", .length(LengthParameters(unit: .tokens)))
      #expect(words.modelDigests.isEmpty && tokens.version == 2)
      #expect(tokens.modelDigests == [String(repeating: "e1", count: 32)])
      let expected = LengthParameters(unit: .tokens, encoderModel: "tiny")
      #expect(tokens.method?.parameters == .length(expected))
      models.state.withLock { $0.encodedTexts = [] }
      // The fake takes white space apart only: five words and marks, two tokens.
      let items = ["it's good!", " "].enumerated().map {
        JudgedItem(itemID: "\($0)", response: $1)
      }
      let found = try await judge.scoreItems(
        ScoreItemsRequest(judge: "l", version: 2, items: items)
      ).scores
      #expect(abs(found[0].value - 0.693_147_181) < 1e-9)
      #expect(found[0].parts.first?.value == 2)
      #expect(found[1].status == .unscored && found[1].reason == "the answer is empty")
      #expect(models.state.withLock { $0.encodedTexts } == ["it's good!"])
      let inWords = try await judge.scoreItems(
        ScoreItemsRequest(judge: "l", version: 1, items: items)
      ).scores
      #expect(abs(inWords[0].value - 1.609_437_912) < 1e-9)
    }
  }

  @Test func `without a language model a judge scores what brings its log-probabilities`()
    async throws
  {
    let models = FakeModels()
    try await withJudge(state: try TemporaryFolder(), models: models) { judge in
      models.fail(10_000)
      let parameters = JudgeMethod.Parameters.sequenceLogProbability(
        SequenceLogProbabilityParameters())
      let version = try await judge.fit("sure", parameters)
      #expect(version.modelDigests.isEmpty && version.remarks.count == 1)
      var item = JudgedItem(itemID: "a", response: "5", tokenLogProbabilities: [-1, -0.5])
      let scores = try await judge.scoreItems(ScoreItemsRequest(judge: "sure", items: [item]))
      #expect(scores.scores[0].value == -1.5)
      item = JudgedItem(itemID: "b", response: "5")
      let error = await failure {
        _ = try await judge.scoreItems(ScoreItemsRequest(judge: "sure", items: [item]))
      }
      #expect(error?.code == .failedPrecondition)
    }
  }

  @Test func `what is no judge is refused`() async throws {
    try await withJudge(state: try TemporaryFolder()) { judge in
      func code(_ name: String, _ parameters: JudgeMethod.Parameters?) async -> RPCCode? {
        await failure { try await judge.fit(name, parameters) }?.code
      }
      #expect(await code("", .length(LengthParameters())) == .invalidArgument)
      #expect(await code("a/b", .length(LengthParameters())) == .invalidArgument)
      #expect(await code("a", nil) == .invalidArgument)
      #expect(await code("a", .rules(RulesParameters())) == .invalidArgument)
      #expect(await code("a", .learnedHead(LearnedHeadParameters())) == .unimplemented)
      let wrong = ConsensusParameters(extraction: AnswerExtraction(pattern: "(a"))
      #expect(await code("a", .consensus(wrong)) == .invalidArgument)
      let noCheck = RulesParameters(rules: [Rule(name: "nothing")])
      #expect(await code("a", .rules(noCheck)) == .invalidArgument)
      let error = await failure {
        _ = try await judge.scoreItems(ScoreItemsRequest(judge: "nobody"))
      }
      #expect(error?.code == .notFound)
      #expect(error?.message.contains("autodidact judge fit") == true)
      try await judge.fit("a", .length(LengthParameters()))
      let version = await failure {
        _ = try await judge.scoreItems(ScoreItemsRequest(judge: "a", version: 7))
      }
      #expect(version?.message == "the judge `a` has no version 7; its newest is 1")
      let methods = try await judge.listMethods(ListJudgeMethodsRequest()).methods
      #expect(methods.count == 7 && methods.map(\.id) == methods.map(\.id).sorted())
    }
  }
}
