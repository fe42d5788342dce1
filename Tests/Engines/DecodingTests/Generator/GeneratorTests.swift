@testable import Decoding
import TestSupport
import Testing

/// A generator gives what plain decoding gives, whatever else it does at the time.
@Suite struct GeneratorTests {
  private static func job(_ random: inout SplitMix64) -> GenerationJob {
    var job = GenerationJob(
      prompt: (0..<Int.random(in: 0...40, using: &random)).map { _ in
        Int32.random(in: 0..<(Bool.random(using: &random) ? 4 : 32), using: &random)
      })
    if Bool.random(using: &random) {
      job.sampling.temperature = [0.3, 0.8, 1, 2].randomElement(using: &random) ?? 1
      job.sampling.topK = [0, 0, 5, 40].randomElement(using: &random) ?? 0
      job.sampling.topP = [1, 1, 0.9, 0.5].randomElement(using: &random) ?? 1
      job.sampling.minP = [0, 0, 0.05].randomElement(using: &random) ?? 0
      job.sampling.seed = random.next()
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      job.sampling.repetitionPenalty = 1.2
      job.sampling.frequencyPenalty = 0.3
      job.sampling.presencePenalty = -0.2
      job.sampling.penaltyWindow = [0, 10].randomElement(using: &random) ?? 0
      job.sampling.biases = [TokenWeight(token: 3, bias: 2), TokenWeight(token: 5, bias: -100)]
    }
    job.stop.tokensMax = Int.random(in: 1...60, using: &random)
    job.stop.ignoresEndTokens = Bool.random(using: &random)
    job.stop.strings = Array(
      ["abc", "the", "\u{e9}", "b\u{e9}", "hij"].shuffled(using: &random)
        .prefix(Int.random(in: 0...2, using: &random)))
    job.stop.tokens = Int.random(in: 0..<4, using: &random) == 0 ? [7] : []
    job.speculation =
      [
        .off, .automatic(Automatic.Parameters()), .lookup(Lookup.Parameters()),
      ].randomElement(using: &random) ?? .off
    job.report = TokenReport(
      logProbabilities: Bool.random(using: &random),
      topCount: Bool.random(using: &random) ? 3 : 0)
    job.sampleCount = [1, 1, 2, 5].randomElement(using: &random) ?? 1
    return job
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `random jobs at random times give what plain decoding gives`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var limits = GeneratorLimits()
    limits.sequenceCountMax = Int.random(in: 1...8, using: &random)
    limits.runningJobCountMax = Int.random(in: 1...6, using: &random)
    limits.sharedPrefillTokensMax = Int.random(in: 1...8, using: &random)
    limits.prefillTokensMax = Int.random(in: 1...16, using: &random)
    limits.logitRowCountMax = Int.random(in: 1...20, using: &random)
    limits.keptSequenceCountMax = Int.random(in: 0...4, using: &random)
    let model = HashModel(
      contextLength: Int.random(in: 48...120, using: &random),
      positionsPerPage: Int.random(in: 1...8, using: &random),
      pageCount: Int.random(in: 140...400, using: &random))
    let rig = GeneratorRig(model: model, limits: limits)
    let room = model.freePositionCount
    var jobs: [(JobID, GenerationJob)] = []
    var cancelled: Set<JobID> = []
    while jobs.count < 25 || !rig.generator.isIdle {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<3 where jobs.count < 25:
        let job = Self.job(&random)
        jobs.append((try rig.submit(job), job))
      case 3 where Bool.random(using: &random):
        guard let (id, _) = jobs.randomElement(using: &random),
          rig.statistics(of: id) == nil
        else { continue }
        rig.generator.cancel(id)
        cancelled.insert(id)
      default: rig.step()
      }
    }
    let reference = ReferenceDecoding(model: model)
    for (id, job) in jobs where !cancelled.contains(id) {
      let samples = rig.samples(of: id)
      #expect(samples.count == job.sampleCount)
      for (index, sample) in samples.enumerated() {
        let expected = reference.sample(job, index: index)
        #expect(sample.isClose(to: expected), "seed \(seed), \(job)\n\(sample)\n\(expected)")
      }
      let statistics = try #require(rig.statistics(of: id))
      #expect(statistics.generatedTokenCount == samples.reduce(0) { $0 + $1.tokenCount })
      #expect(
        statistics.speculation.stepCount
          == statistics.speculation.stepsByTokenCount.reduce(0, +))
    }
    rig.generator.dropKeptSequences()
    #expect(model.sequenceCount == 0)
    #expect(model.freePositionCount == room)
  }
}
