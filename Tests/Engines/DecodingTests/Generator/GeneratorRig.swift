@testable import Decoding
import Testing

/// A generator with a model of its own and a clock that the test turns, and what it said so far.
final class GeneratorRig {
  let model: HashModel
  let generator: Generator
  private let time: Time
  private(set) var events: [GeneratorEvent] = []

  private final class Time {
    var seconds = 0.0
  }

  init(
    model: HashModel = HashModel(), limits: GeneratorLimits = GeneratorLimits(),
    costs: StepCostTable = .flat
  ) {
    self.model = model
    let time = Time()
    self.time = time
    generator = Generator(
      model: model, table: TestTokens.table, costs: costs, limits: limits,
      clock: {
        time.seconds += 0.001
        return time.seconds
      })
  }

  var now: Double { time.seconds }

  func turnClock(by seconds: Double) { time.seconds += seconds }

  func submit(_ job: GenerationJob) throws -> JobID { try generator.submit(.generation(job)) }

  @discardableResult
  func step() -> [GeneratorEvent] {
    let new = generator.step()
    events += new
    return new
  }

  /// Steps until nothing is left to do.
  func run(stepsMax: Int = 100_000) {
    for _ in 0..<stepsMax {
      if generator.isIdle { return }
      step()
    }
    Issue.record("not idle after \(stepsMax) steps")
  }

  /// The samples of a job, put together from its events.
  func samples(of job: JobID) -> [WholeSample] {
    var samples: [Int: WholeSample] = [:]
    for event in events where event.job == job {
      switch event.kind {
      case .delta(let delta):
        samples[delta.sampleIndex, default: WholeSample()].tokens += delta.tokens
        samples[delta.sampleIndex, default: WholeSample()].text += delta.text
      case .sampleEnded(let end):
        samples[end.sampleIndex, default: WholeSample()].reason = end.reason
        samples[end.sampleIndex, default: WholeSample()].tokenCount = end.tokenCount
        samples[end.sampleIndex, default: WholeSample()].logProbability = end.logProbability
      default: break
      }
    }
    return samples.sorted { $0.key < $1.key }.map(\.value)
  }

  func statistics(of job: JobID) -> WorkStatistics? {
    for case .finished(let statistics) in events.filter({ $0.job == job }).map(\.kind) {
      return statistics
    }
    return nil
  }
}

extension StepCostTable {
  /// Several tokens cost little more than one.
  static let flat = StepCostTable(
    [(1, 1.0), (2, 1.1), (4, 1.4), (8, 2.2), (16, 4)].map { count, seconds in
      Entry(tokenCount: count, seconds: seconds)
    })
}
