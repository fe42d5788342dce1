import Foundation
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

  @Test func `the bound holds and extreme bits are finite`() {
    let noise = GumbelNoise(seed: 1, sampleIndex: 2, position: 3)
    for token in 0..<100_000 {
      let bits = noise.bits(token)
      #expect(GumbelNoise.value(bits) <= GumbelNoise.bound(bits))
    }
    for bits in [0, 1, .max, .max - 1, .max << 11] as [UInt64] {
      #expect(GumbelNoise.value(bits).isFinite)
      #expect(GumbelNoise.value(bits) <= GumbelNoise.bound(bits))
    }
  }
}
