import TestSupport
import Testing

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
}
