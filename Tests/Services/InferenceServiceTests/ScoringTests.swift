import AutodidactClient
import Foundation
import Messages
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import InferenceService

/// Scores, choices and hidden states over the wire.
@Suite struct ScoringTests {
  private func continuation(_ text: String) -> Continuation { Continuation(input: .text(text)) }

  @Test func `one-token continuations share all probability`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let response = try await fixture.client.scoreContinuations(
        ScoreContinuationsRequest(
          sequence: 5, prompt: prompt("xyz"),
          continuations: (0..<259).map {
            Continuation(input: .tokens(TokenIDs(ids: [UInt32($0)])))
          }, entropies: true))
      #expect(response.sequence == 5 && response.promptTokenCount == 3)
      let sum = response.scores.reduce(0) { $0 + exp($1.logProbability) }
      #expect(abs(sum - 1) < 1e-5)
      #expect(response.scores.count { $0.isGreedy } == 1)
      let entropy = -response.scores.reduce(0) { $0 + exp($1.logProbability) * $1.logProbability }
      #expect(abs(Double(response.scores[0].entropies[0]) - entropy) < 1e-3)
    }
  }

  @Test func `a stream of scores is answered in order, failures included`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      let call = try await client.scoreContinuationsStream()
      for sequence in 0..<30 {
        let texts = sequence == 7 ? [""] : ["a", "bc\(sequence)"]
        try await call.send(
          ScoreContinuationsRequest(
            sequence: UInt64(sequence), prompt: prompt("p"),
            continuations: texts.map(continuation)))
      }
      try await call.finish()
      var answers: [ScoreContinuationsResponse] = []
      for try await answer in call.responses { answers.append(answer) }
      #expect(answers.map(\.sequence) == (0..<30).map { UInt64($0) })
      #expect(answers[7].failure?.message == "continuations[0] has no tokens")
      let alone = try await client.scoreContinuations(
        ScoreContinuationsRequest(
          prompt: prompt("p"), continuations: [continuation("bc29")], includeEndToken: false))
      #expect(answers[29].scores[1] == alone.scores[0])
    }
  }

  @Test func `a choice has shares that sum to one and follows the scores`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      let candidates = ["yes", "no", "maybe"]
      let choice = try await client.choose(
        ChooseRequest(prompt: prompt("?"), candidates: candidates))
      let scores = try await client.scoreContinuations(
        ScoreContinuationsRequest(
          prompt: prompt("?"), continuations: candidates.map(continuation)))
      #expect(choice.scores.map(\.logProbability) == scores.scores.map(\.logProbability))
      #expect(abs(choice.scores.reduce(0) { $0 + $1.probability } - 1) < 1e-9)
      let best = scores.scores.map(\.logProbability).max()
      #expect(choice.scores[Int(choice.choice)].logProbability == best)
      let same = await failure {
        try await client.choose(ChooseRequest(prompt: prompt("?"), candidates: ["a", "a"]))
      }
      #expect(same?.code == .invalidArgument)
      let one = await failure {
        try await client.choose(ChooseRequest(prompt: prompt("?"), candidates: ["a"]))
      }
      #expect(one?.message == "candidates is 1 entries; it must be 2 to 1024")
    }
  }

  @Test func `hidden states have a row for each prompt or token`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      let prompts = [prompt("ab"), prompt("cde")]
      let last = try await client.hiddenStates(HiddenStatesRequest(prompts: prompts))
      #expect(last.states?.shape == [2, 64] && last.tokenCounts == [2, 3])
      let all = try await client.hiddenStates(
        HiddenStatesRequest(prompts: prompts, pooling: .all))
      #expect(all.states?.shape == [5, 64])
      let layer = await failure {
        try await client.hiddenStates(HiddenStatesRequest(prompts: prompts, layer: 3))
      }
      #expect(layer?.message == "layer is 3; the model has 2")
    }
  }
}
