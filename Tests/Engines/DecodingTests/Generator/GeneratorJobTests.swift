import Foundation
import TestSupport
import Testing
import Transformers

@testable import Decoding

/// The other kinds of jobs, limits, deadlines and what a generator shares between jobs.
@Suite struct GeneratorJobTests {
  private static func result(_ rig: GeneratorRig, _ id: JobID) -> [GeneratorEvent.Kind] {
    rig.events.filter { $0.job == id }.map(\.kind)
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func `scores are those of the model, however they are run`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var limits = GeneratorLimits()
    limits.sequenceCountMax = Int.random(in: 1...4, using: &random)
    limits.prefillTokensMax = Int.random(in: 1...9, using: &random)
    limits.logitRowCountMax = Int.random(in: 1...9, using: &random)
    let rig = GeneratorRig(
      model: HashModel(positionsPerPage: Int.random(in: 1...8, using: &random)), limits: limits)
    for _ in 0..<4 {
      let prompt = (0..<Int.random(in: 0...10, using: &random)).map { _ in
        Int32.random(in: 0..<32, using: &random)
      }
      var job = ScoringJob(
        prompt: prompt,
        continuations: (0..<Int.random(in: 1...6, using: &random)).map { _ in
          (0..<Int.random(in: 1...6, using: &random)).map { _ in
            Int32.random(in: 0..<32, using: &random)
          }
        })
      job.includesEndToken = Bool.random(using: &random)
      job.reportsEntropies = Bool.random(using: &random)
      job.report.topCount = Int.random(in: 0...3, using: &random)
      let id = try rig.generator.submit(.scoring(job))
      if Bool.random(using: &random) { rig.run() } else { rig.step() }
      rig.run()
      let kinds = Self.result(rig, id)
      guard kinds.count == 1, case .scored(let scored) = kinds[0] else {
        Issue.record("\(kinds)")
        continue
      }
      #expect(scored.promptTokenCount == max(1, prompt.count))
      for (score, continuation) in zip(scored.scores, job.continuations) {
        check(score, job, continuation, rig.model)
      }
    }
  }

  private func check(
    _ score: ScoredContinuation, _ job: ScoringJob, _ continuation: [Int32], _ model: HashModel
  ) {
    let tokens = continuation + (job.includesEndToken ? [TestTokens.endTokens[0]] : [])
    var text = job.prompt.isEmpty ? [TestTokens.startToken] : job.prompt
    var sum = 0.0
    var isGreedy = true
    #expect(score.tokens == tokens)
    for (place, token) in tokens.enumerated() {
      let expected = ReferenceDecoding.logProbabilities(model.logits(after: text))
      #expect(abs(score.tokenLogProbabilities[place] - expected[Int(token)]) < 1e-4)
      sum += Double(expected[Int(token)])
      if expected.firstIndex(of: expected.max() ?? 0) != Int(token) { isGreedy = false }
      if job.reportsEntropies {
        let entropy = expected.reduce(0) { $0 - exp(Double($1)) * Double($1) }
        #expect(abs(Double(score.entropies[place]) - entropy) < 1e-4)
      }
      #expect(score.top.isEmpty || score.top[place].count == job.report.topCount)
      text.append(token)
    }
    #expect(abs(score.logProbability - sum) < 1e-3)
    #expect(score.isGreedy == isGreedy)
    #expect(score.minimumLogProbability == score.tokenLogProbabilities.min())
    #expect(score.entropies.count == (job.reportsEntropies ? tokens.count : 0))
  }

  @Test func `a choice is the most probable candidate, by length where asked`() throws {
    let rig = GeneratorRig()
    let candidates: [[Int32]] = [[1, 2, 3], [4], [4, 5], [6, 7]]
    for normalizes in [false, true] {
      var job = ChoiceJob(prompt: [9, 9, 8], candidates: candidates)
      job.normalizesByLength = normalizes
      let id = try rig.generator.submit(.choice(job))
      rig.run()
      guard case .chosen(let result) = Self.result(rig, id).first else {
        Issue.record("no result")
        continue
      }
      let values = result.scores.map {
        normalizes ? $0.logProbability / Double($0.tokenCount) : $0.logProbability
      }
      #expect(result.choice == values.firstIndex(of: values.max() ?? 0))
      #expect(abs(result.scores.reduce(0) { $0 + $1.probability } - 1) < 1e-9)
      let shares = values.map { exp($0) }
      for (score, share) in zip(result.scores, shares) {
        #expect(abs(score.probability - share / shares.reduce(0, +)) < 1e-9)
      }
      // The third begins with the second, which holds its probability already.
      let mass = [0, 1, 3].reduce(0) { $0 + exp(result.scores[$1].logProbability) }
      #expect(abs(result.mass - mass) < 1e-9)
    }
  }

  @Test(arguments: [HiddenPooling.last, .mean, .all], [0, 1, 2])
  func `hidden states are pooled over each prompt`(pooling: HiddenPooling, layer: Int) throws {
    var limits = GeneratorLimits()
    limits.prefillTokensMax = 3
    let rig = GeneratorRig(limits: limits)
    let prompts: [[Int32]] = [[1, 2, 3, 4, 5], [6], [1, 2, 9, 9]]
    var job = HiddenStatesJob(prompts: prompts)
    job.pooling = pooling
    job.layer = layer
    let id = try rig.generator.submit(.hiddenStates(job))
    _ = try rig.submit(GenerationJob(prompt: [1, 2, 3]))
    rig.run()
    guard case .hiddenStates(let result) = Self.result(rig, id).first else {
      Issue.record("no result")
      return
    }
    var expected: [Float] = []
    for prompt in prompts {
      let rows = prompt.indices.map {
        rig.model.hiddenState(after: prompt[...$0], layer: layer)
      }
      switch pooling {
      case .last: expected += rows[rows.count - 1]
      case .all: expected += rows.flatMap { $0 }
      case .mean:
        expected += (0..<3).map { column in
          rows.reduce(0) { $0 + $1[column] } / Float(rows.count)
        }
      }
    }
    #expect(result.tokenCounts == [5, 1, 4])
    #expect(result.columnCount == 3 && result.rowCount == expected.count / 3)
    #expect(zip(result.states, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func `a late job joins the batch at the next step`() throws {
    let rig = GeneratorRig()
    var long = GenerationJob(prompt: [1, 2])
    long.stop.tokensMax = 200
    long.stop.ignoresEndTokens = true
    let first = try rig.submit(long)
    for _ in 0..<10 { rig.step() }
    var short = GenerationJob(prompt: [3, 4, 5])
    short.stop.tokensMax = 1
    let second = try rig.submit(short)
    #expect(rig.step().contains { $0.job == second })
    #expect(rig.statistics(of: second) != nil)
    #expect(rig.statistics(of: first) == nil)
  }

  @Test func `a cancelled job says nothing more and frees its sequences`() throws {
    let rig = GeneratorRig()
    var job = GenerationJob(prompt: [1, 2, 3])
    job.sampleCount = 4
    job.stop.ignoresEndTokens = true
    let id = try rig.submit(job)
    for _ in 0..<5 { rig.step() }
    let count = rig.events.count
    rig.generator.cancel(id)
    rig.generator.cancel(id)
    #expect(rig.generator.isIdle)
    rig.step()
    #expect(rig.events.count == count)
    // What was computed is kept for a prompt that begins alike.
    #expect(rig.model.sequenceCount == 1)
    rig.generator.dropKeptSequences()
    #expect(rig.model.sequenceCount == 0)
    let waiting = try rig.submit(job)
    rig.generator.cancel(waiting)
    #expect(rig.generator.isIdle)
  }

  @Test func `a deadline ends samples with what they have, and other jobs without a result`()
    throws
  {
    var limits = GeneratorLimits()
    limits.runningJobCountMax = 1
    let rig = GeneratorRig(limits: limits)
    var job = GenerationJob(prompt: [1, 2, 3])
    job.sampleCount = 2
    job.stop.ignoresEndTokens = true
    job.stop.tokensMax = 100
    job.speculation = .off
    job.deadline = rig.now + 10
    let running = try rig.submit(job)
    let waiting = try rig.submit(job)
    var scoring = ScoringJob(prompt: [1], continuations: [[2, 3]])
    scoring.deadline = rig.now + 10
    let late = try rig.generator.submit(.scoring(scoring))
    for _ in 0..<6 { rig.step() }
    rig.turnClock(by: 10)
    rig.step()
    #expect(rig.generator.isIdle)
    let reference = ReferenceDecoding(model: rig.model)
    for (index, sample) in rig.samples(of: running).enumerated() {
      #expect(sample.reason == .deadline && sample.tokenCount >= 5)
      let whole = reference.sample(job, index: index)
      #expect(whole.tokens.map(\.token).starts(with: sample.tokens.map(\.token)))
      #expect(sample.logProbability < 0)
    }
    #expect(rig.samples(of: waiting).map(\.reason) == [.deadline, .deadline])
    #expect(rig.samples(of: waiting).map(\.tokenCount) == [0, 0])
    #expect(rig.statistics(of: waiting)?.generatedTokenCount == 0)
    #expect(Self.result(rig, late) == [.failed(.deadline)])
  }

  @Test func `later prompts find what earlier ones left`() throws {
    let rig = GeneratorRig()
    let system = (0..<30).map { Int32($0 % 7) }
    func run(_ prompt: [Int32]) throws -> WorkStatistics? {
      var job = GenerationJob(prompt: prompt)
      job.stop.tokensMax = 10
      job.stop.ignoresEndTokens = true
      let id = try rig.submit(job)
      rig.run()
      return rig.statistics(of: id)
    }
    #expect(try run(system + [20, 21])?.cachedTokenCount == 0)
    #expect(try run(system + [22])?.cachedTokenCount == 30)
    // All but the last token, whose logits are needed.
    #expect(try run(system + [22])?.cachedTokenCount == 30)
    #expect(try run(system)?.cachedTokenCount == 29)
    rig.generator.dropKeptSequences()
    #expect(try run(system)?.cachedTokenCount == 0)
  }

  @Test func `a prompt is shared with a job that still runs`() throws {
    let rig = GeneratorRig()
    let prompt = (0..<40).map { Int32($0 % 5) }
    var job = GenerationJob(prompt: prompt)
    job.stop.ignoresEndTokens = true
    job.stop.tokensMax = 50
    _ = try rig.submit(job)
    rig.step()
    let second = try rig.submit(job)
    rig.run()
    #expect(rig.statistics(of: second)?.cachedTokenCount == 39)
  }

  @Test func `more work than there is room for waits, and memory stays bounded`() throws {
    let model = HashModel(contextLength: 64, positionsPerPage: 4, pageCount: 40)
    let rig = GeneratorRig(model: model)
    var ids: [JobID] = []
    for index in 0..<20 as Range<Int32> {
      var job = GenerationJob(prompt: (0..<20).map { ($0 * 3 + index) % 29 })
      job.stop.tokensMax = 40
      job.stop.ignoresEndTokens = true
      job.sampleCount = 3
      ids.append(try rig.submit(job))
    }
    rig.run()
    #expect(ids.allSatisfy { rig.samples(of: $0).map(\.tokenCount) == [40, 40, 40] })
    #expect(rig.events.allSatisfy { if case .failed = $0.kind { false } else { true } })
  }
}
