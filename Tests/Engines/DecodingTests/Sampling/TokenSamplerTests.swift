import Foundation
import Methods
import TestSupport
import Testing

@testable import Decoding

@Suite struct TokenSamplerTests {
  private static func parameters(
    _ temperature: Double, topK: Int = 0, topP: Double = 1, minP: Double = 0, seed: UInt64 = 0
  ) -> SamplingParameters {
    var parameters = SamplingParameters()
    parameters.temperature = temperature
    parameters.topK = topK
    parameters.topP = topP
    parameters.minP = minP
    parameters.seed = seed
    return parameters
  }

  private static let settings: [SamplingParameters] = [
    parameters(1), parameters(0.5), parameters(3, topK: 3), parameters(0.7, topP: 0.8),
    parameters(1, minP: 0.2), parameters(1.3, topK: 6, topP: 0.7, minP: 0.1),
    parameters(1, topK: 1), parameters(1, topP: 1e-9), parameters(1, minP: 1),
    parameters(0.01, topK: 100, topP: 0.999_999),
  ]

  /// The distribution written plainly: order, cut, cut, cut, normalise.
  private static func reference(_ logits: [Float], _ parameters: SamplingParameters) -> [Double] {
    let scores = logits.map { $0.isNaN ? -.infinity : Double($0) / parameters.temperature }
    var order = scores.indices.filter { scores[$0] > -.infinity }
      .sorted { (scores[$1], $0) < (scores[$0], $1) }
    guard let first = order.first else { return scores.indices.map { $0 == 0 ? 1 : 0 } }
    let weights = scores.map { exp($0 - scores[first]) }
    if parameters.topK > 0 { order = Array(order.prefix(parameters.topK)) }
    let total = order.reduce(0) { $0 + weights[$1] }
    var sum = 0.0
    var nucleus: [Int] = []
    for token in order where sum < parameters.topP * total {
      nucleus.append(token)
      sum += weights[token]
    }
    let kept = nucleus.filter { weights[$0] >= parameters.minP }
    let mass = kept.reduce(0) { $0 + weights[$1] }
    return scores.indices.map { kept.contains($0) ? weights[$0] / mass : 0 }
  }

  @Test(arguments: settings.indices)
  func `filters leave the distribution that is written plainly`(index: Int) {
    let parameters = Self.settings[index]
    var random = SplitMix64(seed: 5)
    for count in [1, 2, 5, 9, 40] {
      for _ in 0..<20 {
        let logits = random.normals(count).map { ($0 * 8).rounded() / 4 }
        var sampler = TokenSampler(parameters, sampleIndex: 0, prompt: [])
        let found = sampler.probabilities(logits)
        let expected = Self.reference(logits, parameters)
        let isClose = zip(found, expected).allSatisfy { abs($0 - $1) < 1e-9 }
        #expect(isClose, "\(logits) \(found) \(expected)")
      }
    }
  }

  @Test(arguments: settings.indices)
  func `draws are distributed as the probabilities say`(index: Int) {
    var parameters = Self.settings[index]
    let logits: [Float] = [0.5, -1, 2, 1.5, 0, 2, -3, 1]
    let count = 40_000
    var counts = [Int](repeating: 0, count: logits.count)
    for draw in 0..<count {
      parameters.seed = UInt64(draw / 200)
      var sampler = TokenSampler(parameters, sampleIndex: draw % 10, prompt: [])
      for _ in 0..<draw / 10 % 20 { sampler.append(0) }
      counts[Int(sampler.draw(logits))] += 1
    }
    let expected = Self.reference(logits, parameters)
    var statistic = 0.0
    for (found, probability) in zip(counts, expected) {
      let mean = probability * Double(count)
      if probability == 0 {
        #expect(found == 0)
      } else {
        statistic += (Double(found) - mean) * (Double(found) - mean) / mean
      }
    }
    // Exceeded once in 1e6 with seven degrees of freedom; the seeds are fixed.
    #expect(statistic < 41, "\(counts) \(expected)")
  }

  @Test func `a draw is the greatest score with noise, however it is found`() {
    var random = SplitMix64(seed: 11)
    for round in 0..<400 {
      let logits = random.normals(300).map { $0 * Float(1 + round % 5) }
      let plain = Self.parameters([0.4, 1, 2][round % 3], seed: UInt64(round))
      var filtered = plain
      // Leaves every token, by way of the filters.
      filtered.minP = 1e-300
      let noise = GumbelNoise(seed: plain.seed, sampleIndex: 4, position: 0)
      let keys = logits.enumerated().map {
        Double($0.element) * (1 / plain.temperature) + noise($0.offset)
      }
      var sampler = TokenSampler(plain, sampleIndex: 4, prompt: [])
      var other = TokenSampler(filtered, sampleIndex: 4, prompt: [])
      let draw = sampler.draw(logits)
      #expect(keys.firstIndex(of: keys.max() ?? 0) == Int(draw))
      #expect(other.draw(logits) == draw)
    }
  }

  @Test func `ties, NaN and infinities are defined`() {
    for temperature in [0, 1] as [Double] {
      for topK in [0, 2] {
        let parameters = Self.parameters(temperature, topK: topK)
        var sampler = TokenSampler(parameters, sampleIndex: 0, prompt: [])
        #expect(sampler.draw([.nan, -.infinity, .nan]) == 0)
        #expect(sampler.draw([-.infinity, .nan, -2, .nan]) == 2)
        #expect(sampler.draw([1, .infinity, .infinity, 9]) == 1)
        #expect(sampler.draw([-.infinity]) == 0)
        #expect(sampler.probabilities([.nan, .nan]) == [1, 0])
      }
    }
    var greedy = TokenSampler(Self.parameters(0), sampleIndex: 0, prompt: [])
    #expect(greedy.draw([1, 2, 2]) == 1)
    // The filters cut between equals, the lowest ids first.
    var cut = TokenSampler(Self.parameters(1, topK: 2), sampleIndex: 0, prompt: [])
    #expect(cut.probabilities([0, 1, 1, 1]) == [0, 0.5, 0.5, 0])
  }

  @Test func `penalties and biases change the logits as their formulas say`() {
    var parameters = SamplingParameters()
    parameters.temperature = 1
    parameters.repetitionPenalty = 2
    parameters.frequencyPenalty = 0.5
    parameters.presencePenalty = 0.25
    parameters.biases = [TokenWeight(token: 3, bias: -100), TokenWeight(token: 1, bias: 1)]
    var sampler = TokenSampler(parameters, sampleIndex: 0, prompt: [0, 1])
    sampler.append(0)
    // 0: 4 / 2 − 0.5 · 2 − 0.25; 1: −1 · 2 − 0.5 − 0.25 + 1.
    let expected = [0.75, -1.75, 3].map { exp($0) }
    let total = expected.reduce(0, +)
    let found = sampler.probabilities([4, -1, 3, 9])
    for (mine, yours) in zip(found, expected) { #expect(abs(mine - yours / total) < 1e-7) }
    #expect(found[3] == 0)
    parameters.penaltyWindow = 1
    sampler = TokenSampler(parameters, sampleIndex: 0, prompt: [0, 1, 0])
    let windowed = sampler.probabilities([4, -1, 3, 9])
    let other = [4.0 / 2 - 0.75, -1 + 1, 3].map { exp($0) }
    for (mine, yours) in zip(windowed, other) {
      #expect(abs(mine - yours / other.reduce(0, +)) < 1e-7)
    }
  }

  @Test func `settings out of range are named`() {
    func name(_ change: (inout SamplingParameters) -> Void) -> String? {
      var parameters = SamplingParameters()
      change(&parameters)
      return parameters.violation?.name
    }
    #expect(SamplingParameters().violation == nil)
    #expect(name { $0.temperature = -0.1 } == "temperature")
    #expect(name { $0.temperature = 10.1 } == "temperature")
    #expect(name { $0.temperature = .nan } == "temperature")
    #expect(name { $0.temperature = 10 } == nil)
    #expect(name { $0.topK = -1 } == "top_k")
    #expect(name { $0.topP = 0 } == "top_p")
    #expect(name { $0.topP = 1.1 } == "top_p")
    #expect(name { $0.minP = 1.1 } == "min_p")
    #expect(name { $0.repetitionPenalty = 0 } == "repetition_penalty")
    #expect(name { $0.repetitionPenalty = .infinity } == "repetition_penalty")
    #expect(name { $0.frequencyPenalty = 2.5 } == "frequency_penalty")
    #expect(name { $0.presencePenalty = -2.5 } == "presence_penalty")
    #expect(name { $0.penaltyWindow = -1 } == "penalty_window")
    #expect(name { $0.biases = [TokenWeight(token: 1, bias: 101)] } == "bias")
    let one = TokenWeight(token: 1, bias: 0)
    #expect(name { $0.biases = [one, one] } == "biases")
    #expect(
      name { $0.biases = (0..<1025).map { TokenWeight(token: $0, bias: 0) } } == "biases")
  }
}
