import TestSupport
import Testing

@testable import Judging

@Suite struct ConsensusTests {
  private func judge(_ form: AnswerForm = .text, pattern: String = "") throws -> Consensus {
    var parameters = Consensus.Parameters()
    parameters.extraction = AnswerExtraction(form: form, pattern: pattern)
    return try Consensus(parameters)
  }

  @Test func `the score is the share of all samples with the same answer`() throws {
    let judge = try judge()
    let others = ["paris", "Paris.", "Lyon", " ", "PARIS"]
    let answer = JudgedAnswer(response: "Paris", otherSamples: others)
    #expect(judge.judgement(on: answer).value == 4.0 / 6)
    let minority = JudgedAnswer(response: "Lyon", otherSamples: ["Paris", "paris"])
    #expect(judge.judgement(on: minority).value == 1.0 / 3)
  }

  @Test func `what cannot be read never wins`() throws {
    let judge = try judge(.lastNumber)
    let samples = ["no idea", "none", "nothing", "7"]
    let vote = judge.vote(among: samples)
    #expect(vote.winners.map(\.answer.text) == ["7"])
    #expect(vote.unreadableCount == 3)
    let unreadable = JudgedAnswer(response: "none", otherSamples: samples)
    #expect(judge.judgement(on: unreadable) == .unscored(.unreadableAnswer))
    #expect(judge.vote(among: ["x", "y"]).winners.isEmpty)
    #expect(judge.vote(among: ["x", "y"]).expectedAccuracy { _ in true } == 0)
  }

  @Test func `ties are counted in expectation`() throws {
    let vote = try judge(.firstNumber).vote(among: ["1", "2", "1.0", "02", "3"])
    #expect(vote.candidates.map(\.count) == [2, 2, 1])
    #expect(vote.candidates.map(\.firstIndex) == [0, 1, 4])
    #expect(vote.probabilityOfWinning(vote.candidates[1].answer) == 0.5)
    #expect(vote.probabilityOfWinning(vote.candidates[2].answer) == 0)
    #expect(vote.expectedAccuracy { $0.text == "2" } == 0.5)
  }

  @Test func `the expectation equals drawing among the equals`() throws {
    var random = SplitMix64(seed: 2)
    let judge = try judge()
    for _ in 0..<20 {
      let samples = (0..<6).map { _ in "abc".randomElement(using: &random).map(String.init) ?? "" }
      let vote = judge.vote(among: samples)
      var hits = 0.0
      for _ in 0..<4000 where vote.winners.randomElement(using: &random)?.answer.text == "a" {
        hits += 1
      }
      #expect(abs(hits / 4000 - vote.expectedAccuracy { $0.text == "a" }) < 0.04, "\(samples)")
    }
  }

  @Test func `one sample alone has no consensus`() throws {
    #expect(
      try judge().judgement(on: JudgedAnswer(response: "yes")) == .unscored(.noOtherSamples))
  }

  @Test func `the order of the other samples changes nothing`() throws {
    var random = SplitMix64(seed: 4)
    let judge = try judge()
    let others = ["a", "b", "a", "c", "b", "b"]
    let first = judge.judgement(on: JudgedAnswer(response: "b", otherSamples: others))
    let second = judge.judgement(
      on: JudgedAnswer(response: "b", otherSamples: others.shuffled(using: &random)))
    #expect(first == second)
  }

  @Test func `a wrong pattern is refused`() {
    #expect(throws: JudgeFitError.self) { try judge(pattern: "(a") }
    #expect(throws: JudgeFitError.self) {
      try judge(pattern: String(repeating: "a", count: 1025))
    }
  }
}
