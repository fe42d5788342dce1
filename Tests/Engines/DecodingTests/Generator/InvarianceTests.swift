import ModelFiles
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Decoding

/// The text does not depend on guesses, on other jobs or on the number of threads.
@Suite struct InvarianceTests {
  @Test(arguments: InvarianceRun.samplings.indices)
  func `200 prompts give one hash, however the tests' own model runs them`(index: Int) throws {
    var random = SplitMix64(seed: 9)
    let prompts = (0..<200).map { _ in
      (0..<Int.random(in: 1...30, using: &random)).map { _ in
        Int32.random(in: 0..<6, using: &random)
      }
    }
    let run = InvarianceRun(
      prompts: prompts, tokensMax: 24, table: TestTokens.table, makeModel: { _ in HashModel() },
      threadCounts: [1])
    let outcome = try run.outcome(InvarianceRun.samplings[index])
    #expect(outcome.hashes.count == 1)
    #expect(outcome.runCount == 12)
    #expect(outcome.acceptedCount > 100)
  }

  @Test(arguments: InvarianceRun.samplings.indices)
  func `200 prompts give one hash, however a small random model runs them`(index: Int) throws {
    let folder = try TemporaryFolder()
    let file = try TinyLlama().file(in: folder.path)
    var random = SplitMix64(seed: 10)
    let prompts = (0..<200).map { _ in
      (0..<Int.random(in: 1...24, using: &random)).map { _ in
        Int32.random(in: 0..<6, using: &random)
      }
    }
    // The most that a run needs: four prompts with their answers, in whole pages.
    let models = try [1, 2].map {
      try LlamaModel(file, path: .best, threadCount: $0, positionCountMax: 4096)
    }
    let run = InvarianceRun(
      prompts: prompts, tokensMax: 16,
      table: TokenTable(endTokens: [66], startToken: 0, bytes: { [UInt8(97 + $0 % 26)] }),
      makeModel: { models[$0 - 1] })
    let outcome = try run.outcome(InvarianceRun.samplings[index])
    #expect(outcome.hashes.count == 1)
    #expect(outcome.runCount == 24)
    #expect(outcome.acceptedCount > 100)
  }

  @Test(
    .enabled(if: SharedModels.hasSmolLM2, "\(SharedModels.smolLM2Reason)"),
    arguments: InvarianceRun.samplings.indices)
  func `200 prompts give one hash, however SmolLM2 runs them`(index: Int) throws {
    let file = try GGUFFile(path: SharedModels.smolLM2)
    let tokenizer = try BPETokenizer(file.metadata)
    let subjects = [
      "a a a a", "1 2 3 1 2 3", "the cat and the cat", "if x: return x", "one, two, one,",
      "to be or not to be", "def f(n): return f(n", "red green red",
    ]
    let prompts = (0..<200).map { index in
      tokenizer.encode(
        subjects[index % subjects.count] + " \(index / subjects.count)",
        recognizingSpecialTokens: false)
    }
    let models = try [1, 2].map {
      try LlamaModel(file, path: .best, threadCount: $0, positionCountMax: 4096)
    }
    let table = TokenTable(
      endTokens: tokenizer.endTokenIDs, startToken: tokenizer.emptyPromptTokenID,
      bytes: { tokenizer.bytes(of: $0) })
    // All prompts in a few ways, and a few prompts in all ways.
    var run = InvarianceRun(
      prompts: prompts, tokensMax: 2, table: table, concurrencies: [4],
      makeModel: { models[$0 - 1] }, threadCounts: [2])
    let outcome = try run.outcome(InvarianceRun.samplings[index])
    #expect(outcome.hashes.count == 1)
    #expect(outcome.runCount == 3)
    run.prompts = Array(prompts.prefix(6))
    run.tokensMax = 12
    run.concurrencies = [1, 2, 3, 4]
    run.threadCounts = [1, 2]
    let few = try run.outcome(InvarianceRun.samplings[index])
    #expect(few.hashes.count == 1)
    #expect(few.runCount == 24)
    #expect(few.acceptedCount > 20)
  }
}
