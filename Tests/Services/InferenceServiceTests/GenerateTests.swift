import AutodidactClient
import Messages
import TTRPC
import TestSupport
import Testing

@testable import InferenceService

/// `Generate` and `GenerateBulk` with a small random model.
@Suite struct GenerateTests {
  @Test func `a call streams its start, deltas, ends and statistics, in this order`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      let result = try await Generated(
        try await client.generate(request("Hello", tokensMax: 20, samples: 3)))
      #expect(result.kinds.first == "start" && result.kinds.last == "statistics")
      #expect(result.kinds.count { $0 == "end" } == 3)
      #expect(result.start?.promptTokenCount == 5)
      #expect(result.start?.modelDigest.count == 64)
      #expect(result.statistics?.generatedTokenCount == 60)
      #expect(result.ends.values.allSatisfy { $0.reason == .tokenLimit && $0.tokenCount == 20 })
      #expect(Set(result.ids.values).count == 3)
      let texts = try await client.detokenize(
        DetokenizeRequest(sequences: result.ids.values.map { TokenIDs(ids: $0) }))
      for (text, bytes) in zip(result.ids.keys.map { result.texts[$0] }, texts.texts) {
        let whole = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        #expect(text == whole.replacing("\0", with: "\u{fffd}"))
      }
    }
  }

  @Test func `the text depends on prompt, options and seed alone`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      let modes: [Speculation?] = [
        nil, Speculation(method: .off(NoSpeculation())),
        Speculation(method: .lookup(LookupSpeculation())),
        Speculation(method: .automatic(AutomaticSpeculation(draftTokensMax: 4))),
      ]
      let text = "abcabcabcabc"
      let alone = try await Generated(
        try await client.generate(request(text, tokensMax: 40, seed: 7)))
      try await withThrowingTaskGroup(of: [UInt32]?.self) { group in
        for mode in modes {
          group.addTask {
            try await Generated(
              try await client.generate(
                request(text, tokensMax: 40, seed: 7, speculation: mode))
            ).ids[0]
          }
        }
        for try await ids in group { #expect(ids == alone.ids[0]) }
      }
      let other = try await Generated(
        try await client.generate(request(text, tokensMax: 40, seed: 8)))
      #expect(other.ids[0] != alone.ids[0])
    }
  }

  @Test func `log-probabilities agree with scoring the same tokens`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      let result = try await Generated(
        try await client.generate(
          request(
            "ab", tokensMax: 9, detail: TokenDetail(logProbabilities: true, topCount: 2))))
      let ids = try #require(result.ids[0])
      let scores = try await client.scoreContinuations(
        ScoreContinuationsRequest(
          prompt: prompt("ab"), continuations: [Continuation(input: .tokens(TokenIDs(ids: ids)))],
          detail: TokenDetail(logProbabilities: true)))
      let score = try #require(scores.scores.first)
      #expect(score.tokenIDs == ids)
      #expect(score.tokenLogProbabilities == result.logProbabilities[0])
      let end = try #require(result.ends[0])
      #expect(abs(score.logProbability - end.logProbability) < 1e-9)
    }
  }

  @Test func `a conversation is written by the model's template`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let chat = Chat(messages: [ChatMessage(role: .user, content: "a<|im_end|>")])
      let plain = try await fixture.client.tokenizePrompts(
        TokenizePromptsRequest(prompts: [Prompt(input: .chat(chat))]))
      #expect(plain.sequences[0].ids.count { $0 == 2 } == 1)
      let special = try await fixture.client.tokenizePrompts(
        TokenizePromptsRequest(
          prompts: [Prompt(input: .chat(chat), recognizeSpecialTokens: true)]))
      #expect(special.sequences[0].ids.count { $0 == 2 } == 2)
    }
  }

  @Test func `a bulk stream answers every prompt, as if it were alone`() async throws {
    let models = try tinyModels()
    var configuration = tinyConfiguration()
    configuration.batchJobsMax = 3
    configuration.queueJobsMax = 1
    try await withInference(models: models.path, configuration: configuration) { fixture in
      let client = fixture.client
      let call = try await client.generateBulk()
      let count: UInt64 = 40
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await call.send(
            GenerateBulkRequest(
              part: .header(GenerateBulkHeader(options: request("", tokensMax: 6, samples: 2)))))
          for sequence in 0..<count {
            let text: Prompt? = sequence == 11 ? Prompt() : prompt("p\(sequence)")
            try await call.send(
              GenerateBulkRequest(
                part: .prompt(
                  BulkPrompt(sequence: sequence, prompt: text, seed: sequence))))
          }
          try await call.finish()
        }
        var answers: [UInt64: GenerateBulkResponse] = [:]
        for try await answer in call.responses { answers[answer.sequence] = answer }
        try await group.waitForAll()
        #expect(answers.count == Int(count))
        #expect(answers[11]?.failure?.code == RPCCode.invalidArgument.rawValue)
        #expect(answers[11]?.completions.isEmpty == true)
        for sequence in [UInt64(0), 12, 39] {
          let alone = try await Generated(
            try await client.generate(
              request("p\(sequence)", tokensMax: 6, seed: sequence, samples: 2)))
          let completions = try #require(answers[sequence]?.completions)
          #expect(completions.map(\.tokenIDs) == [alone.ids[0], alone.ids[1]])
          #expect(completions.map(\.text) == [alone.texts[0], alone.texts[1]])
        }
      }
    }
  }

  @Test func `stop strings, end tokens and the context end a sample`() async throws {
    let models = try tinyModels()
    try await withInference(models: models.path) { fixture in
      let client = fixture.client
      let free = try await Generated(
        try await client.generate(request("q", tokensMax: 30, seed: 3)))
      let text = try #require(free.texts[0])
      // Bytes that are no characters are U+FFFD in the text, which is no stop string of theirs.
      let cut = String(try #require(text.dropFirst(3).first { $0.isASCII }))
      var stopped = request("q", tokensMax: 30, seed: 3)
      stopped.stop?.strings = [cut]
      let result = try await Generated(try await client.generate(stopped))
      #expect(result.ends[0]?.reason == .stopString)
      #expect(result.ends[0]?.stopString == cut)
      let before = try #require(text.firstRange(of: cut)?.lowerBound)
      #expect(result.texts[0] ?? "" == text[..<before])
      let full = try await Generated(
        try await client.generate(
          request(String(repeating: "a", count: 1_000), tokensMax: 512)))
      #expect(full.ends[0]?.reason == .contextFull)
      #expect(full.ends[0]?.tokenCount == 24)
    }
  }
}
