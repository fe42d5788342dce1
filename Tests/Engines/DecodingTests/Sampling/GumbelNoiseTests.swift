import Foundation
import Tensors
import TestSupport
import Testing

@testable import Decoding

@Suite struct GumbelNoiseTests {
  @Test func `noise has the Gumbel distribution`() {
    // P(g ≤ x) = exp(-exp(-x)): the largest distance of 200,000 draws from it, at 1e-6.
    let count = 200_000
    let noise = GumbelNoise(seed: 7, sampleIndex: 0, position: 3)
    let draws = (0..<count).map { noise($0) }.sorted()
    let distance = draws.enumerated().map { index, x in
      abs(exp(-exp(-x)) - (Double(index) + 0.5) / Double(count))
    }.max()
    #expect((distance ?? 1) < 2.7 / Double(count).squareRoot())
  }

  @Test func `noise differs by seed, sample, position and token, and is the same for the same`() {
    var seen: Set<Double> = []
    for seed in [0, 1, .max] as [UInt64] {
      for sample in 0..<4 {
        for position in 0..<8 {
          let noise = GumbelNoise(seed: seed, sampleIndex: sample, position: position)
          for token in 0..<16 {
            #expect(noise(token) == noise(token))
            seen.insert(noise(token))
          }
        }
      }
    }
    #expect(seen.count == 3 * 4 * 8 * 16)
  }

  @Test func `extreme bits are finite and within the range`() {
    let values = ([0, 1, .max, .max - 1, .max << 12] as [UInt64]).map { GumbelNoise.value($0) }
    #expect(values.allSatisfy { $0.isFinite })
    #expect((values.max() ?? 0) - (values.min() ?? 0) < GumbelNoise.range)
  }

  @Test func `no noise exceeds its bound`() {
    let noise = GumbelNoise(seed: 1, sampleIndex: 2, position: 3)
    #expect((0..<200_000).allSatisfy { noise($0) <= noise.bound($0) })
  }

  @Test(arguments: KernelPath.supported)
  func `the winner is the token with the greatest sum, on every path`(path: KernelPath) {
    var random = SplitMix64(seed: 4)
    for round in 0..<300 {
      var logits = random.normals(Int.random(in: 1...6000, using: &random)).map {
        $0 * [0.1, 3, 60][round % 3]
      }
      if round % 7 == 0 { logits[logits.count / 2] = .nan }
      if round % 5 == 0 { logits[logits.count / 3] = -.infinity }
      guard let peak = argmax(logits) else { continue }
      let scale = [0.5, 1, 4][round / 3 % 3]
      let noise = GumbelNoise(seed: UInt64(round), sampleIndex: 0, position: 0)
      let keys = logits.enumerated().map { index, logit in
        logit.isNaN ? -.infinity : Double(logit) * scale + noise(index)
      }
      let winner = noise.winner(logits.span, peak: peak, scale: scale, on: path)
      #expect(winner == keys.firstIndex(of: keys.max() ?? 0))
    }
  }
}
