import TestSupport
import Testing

@testable import Decoding

/// Generates from many prompts under every way of running them and hashes what comes.
struct InvarianceRun {
  var prompts: [[Int32]]
  var tokensMax: Int
  var table: TokenTable
  var concurrencies = [1, 2, 3, 4]
  /// A fresh model that works with so many threads.
  var makeModel: (_ threadCount: Int) -> any LanguageModel
  var threadCounts = [1, 2]
  var costs = StepCostTable.flat

  static let modes: [SpeculationMode] = [
    .off, .lookup(Lookup.Parameters()), .automatic(Automatic.Parameters()),
  ]

  static let samplings: [SamplingParameters] = {
    var sampled = SamplingParameters()
    sampled.temperature = 0.8
    sampled.topP = 0.95
    sampled.seed = 42
    return [SamplingParameters(), sampled]
  }()

  /// What was seen with one set of sampling parameters.
  struct Outcome {
    var hashes: Set<UInt64> = []
    var runCount = 0
    var acceptedCount = 0
  }

  /// The hashes of all ways of running the prompts, one hash for each way.
  func outcome(_ sampling: SamplingParameters) throws -> Outcome {
    var outcome = Outcome()
    for threadCount in threadCounts {
      for mode in Self.modes {
        for concurrency in concurrencies {
          let (hash, acceptedCount) = try run(
            sampling, mode, concurrency: concurrency, makeModel(threadCount))
          outcome.hashes.insert(hash)
          outcome.runCount += 1
          outcome.acceptedCount += acceptedCount
        }
      }
    }
    return outcome
  }

  private func run(
    _ sampling: SamplingParameters, _ mode: SpeculationMode, concurrency: Int,
    _ model: any LanguageModel
  ) throws -> (hash: UInt64, acceptedCount: Int) {
    var limits = GeneratorLimits()
    limits.runningJobCountMax = concurrency
    limits.queuedJobCountMax = prompts.count
    var time = 0.0
    let generator = Generator(
      model: model, table: table, costs: costs, limits: limits,
      clock: {
        time += 1e-3
        return time
      })
    var places: [JobID: Int] = [:]
    for (index, prompt) in prompts.enumerated() {
      var job = GenerationJob(prompt: prompt)
      job.sampling = sampling
      job.stop.tokensMax = tokensMax
      job.speculation = mode
      job.report.logProbabilities = true
      places[try generator.submit(.generation(job))] = index
    }
    var texts = [[UInt64]](repeating: [], count: prompts.count)
    var acceptedCount = 0
    while !generator.isIdle {
      for event in generator.step() {
        guard let place = places[event.job] else { continue }
        switch event.kind {
        case .delta(let delta):
          texts[place] += delta.tokens.flatMap {
            [UInt64(UInt32(bitPattern: $0.token)), UInt64($0.logProbability.bitPattern)]
          }
        case .sampleEnded(let end): texts[place].append(UInt64(end.tokenCount))
        case .finished(let statistics): acceptedCount += statistics.speculation.acceptedCount
        default: break
        }
      }
    }
    // The next run of the same model begins with an empty cache.
    generator.dropKeptSequences()
    // FNV-1a over whole words.
    let hash = texts.joined().reduce(14_695_981_039_346_656_037 as UInt64) {
      ($0 ^ $1) &* 1_099_511_628_211
    }
    return (hash, acceptedCount)
  }
}
