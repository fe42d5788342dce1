import Methods
import Testing

@testable import Decoding

/// What a generator refuses, with the value and its limit.
@Suite struct AdmissionTests {
  private static func refusal(_ job: GeneratorJob) -> AdmissionError? {
    let model = HashModel(contextLength: 40, positionsPerPage: 4, pageCount: 9)
    let generator = Generator(model: model, table: TestTokens.table, clock: { 0 })
    do {
      _ = try generator.submit(job)
      return nil
    } catch {
      return error
    }
  }

  private static func generation(_ change: (inout GenerationJob) -> Void) -> GeneratorJob {
    var job = GenerationJob(prompt: [1, 2, 3])
    job.stop.tokensMax = 4
    change(&job)
    return .generation(job)
  }

  @Test func `prompts and samples have their limits`() {
    let long = [Int32](repeating: 1, count: 40)
    #expect(
      Self.refusal(Self.generation { $0.prompt = long })
        == .contextExceeded(tokenCount: 41, limit: 40))
    #expect(Self.refusal(Self.generation { $0.prompt = Array(long.prefix(27)) }) == nil)
    #expect(
      Self.refusal(Self.generation { $0.prompt = Array(long.prefix(29)) })
        == .cacheExceeded(positionCount: 33, limit: 32))
    #expect(
      Self.refusal(Self.generation { $0.prompt = [1, 32] })
        == .unknownToken(id: 32, vocabularySize: 32))
    #expect(
      Self.refusal(Self.generation { $0.prompt = [-1] })
        == .unknownToken(id: -1, vocabularySize: 32))
    #expect(
      Self.refusal(Self.generation { $0.stop.tokens = [99] })
        == .unknownToken(id: 99, vocabularySize: 32))
    #expect(
      Self.refusal(Self.generation { $0.sampling.biases = [TokenWeight(token: 77, bias: 1)] })
        == .unknownToken(id: 77, vocabularySize: 32))
    for count in [0, 257] {
      #expect(
        Self.refusal(Self.generation { $0.sampleCount = count })
          == .count(name: "sample_count", count: count, lowest: 1, highest: 256))
    }
    #expect(Self.refusal(Self.generation { $0.sampleCount = 256 }) == nil)
  }

  @Test func `settings out of range are refused by name`() {
    func name(_ change: (inout GenerationJob) -> Void) -> String? {
      guard case .parameter(let violation) = Self.refusal(Self.generation(change)) else {
        return nil
      }
      return violation.name
    }
    #expect(name { $0.sampling.topP = 2 } == "top_p")
    #expect(name { $0.stop.tokensMax = 0 } == "tokens_max")
    #expect(name { $0.report.topCount = 21 } == "top_count")
    var lookup = Lookup.Parameters()
    lookup.matchTokensMin = 99
    #expect(name { $0.speculation = .lookup(lookup) } == "match_tokens_min")
  }

  @Test func `continuations, candidates and prompts are counted and not empty`() {
    func scoring(_ continuations: [[Int32]]) -> AdmissionError? {
      Self.refusal(.scoring(ScoringJob(prompt: [1], continuations: continuations)))
    }
    func choice(_ candidates: [[Int32]]) -> AdmissionError? {
      Self.refusal(.choice(ChoiceJob(prompt: [1], candidates: candidates)))
    }
    func states(_ prompts: [[Int32]], layer: Int = 0) -> AdmissionError? {
      var job = HiddenStatesJob(prompts: prompts)
      job.layer = layer
      return Self.refusal(.hiddenStates(job))
    }
    #expect(scoring([]) == .count(name: "continuations", count: 0, lowest: 1, highest: 1024))
    #expect(
      scoring([[Int32]](repeating: [1], count: 1025))
        == .count(name: "continuations", count: 1025, lowest: 1, highest: 1024))
    #expect(scoring([[1], []]) == .empty(name: "continuations", index: 1))
    #expect(scoring([[44]]) == .unknownToken(id: 44, vocabularySize: 32))
    let long = [Int32](repeating: 1, count: 40)
    #expect(scoring([long]) == .contextExceeded(tokenCount: 41, limit: 40))
    #expect(choice([[1]]) == .count(name: "candidates", count: 1, lowest: 2, highest: 1024))
    #expect(choice([[1], [2], [1]]) == .duplicate(index: 2, of: 0))
    #expect(choice([[1], [2]]) == nil)
    #expect(states([]) == .count(name: "prompts", count: 0, lowest: 1, highest: 1024))
    #expect(states([[1], []]) == .empty(name: "prompts", index: 1))
    #expect(states([long]) == .cacheExceeded(positionCount: 40, limit: 32))
    #expect(states([[1]], layer: 3) == .unknownLayer(layer: 3, layerCount: 2))
    #expect(states([[1]], layer: 2) == nil)
  }

  @Test func `a full queue refuses, and takes jobs again when one has begun`() throws {
    var limits = GeneratorLimits()
    limits.queuedJobCountMax = 2
    limits.runningJobCountMax = 1
    let rig = GeneratorRig(limits: limits)
    let job = GenerationJob(prompt: [1])
    _ = try rig.submit(job)
    rig.step()
    _ = try rig.submit(job)
    _ = try rig.submit(job)
    #expect(throws: AdmissionError.queueFull(count: 2, limit: 2)) { try rig.submit(job) }
    rig.run()
    _ = try rig.submit(job)
  }
}
