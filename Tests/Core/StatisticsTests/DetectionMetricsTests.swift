import TestSupport
import Testing

@testable import Statistics

@Suite struct DetectionMetricsTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let inDistribution: [Double]
      let outOfDistribution: [Double]
      let auroc: Double
      let fpr95OODPositive: Double
      let fpr95IDPositive: Double
      let auprIn: Double
      let auprOut: Double
    }
    let cases: [Case]
  }

  @Test func `all five metrics equal scikit-learn's`() throws {
    for example in try golden("detection-metrics", as: Golden.self).cases {
      let metrics = try DetectionMetrics(
        inDistribution: example.inDistribution, outOfDistribution: example.outOfDistribution)
      #expect(abs(metrics.auroc - example.auroc) < 1e-12)
      #expect(abs(metrics.fpr95OODPositive - example.fpr95OODPositive) < 1e-12)
      #expect(abs(metrics.fpr95IDPositive - example.fpr95IDPositive) < 1e-12)
      #expect(abs(metrics.auprIn - example.auprIn) < 1e-12)
      #expect(abs(metrics.auprOut - example.auprOut) < 1e-12)
    }
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `the area is the share of pairs in order, ties counting half`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let inside = (0..<17).map { _ in Double(Int.random(in: 0..<8, using: &random)) }
    let outside = (0..<11).map { _ in Double(Int.random(in: 3..<11, using: &random)) }
    var pairs = 0.0
    for low in inside {
      for high in outside { pairs += high > low ? 1 : high == low ? 0.5 : 0 }
    }
    let metrics = try DetectionMetrics(inDistribution: inside, outOfDistribution: outside)
    #expect(abs(metrics.auroc - pairs / Double(17 * 11)) < 1e-12, "seed \(seed)")
    let swapped = try DetectionMetrics(
      inDistribution: outside.map { -$0 }, outOfDistribution: inside.map { -$0 })
    #expect(abs(swapped.auroc - metrics.auroc) < 1e-12)
    #expect(swapped.fpr95IDPositive == metrics.fpr95OODPositive)
    #expect(swapped.auprOut == metrics.auprIn)
  }

  @Test func `a monotone map of the scores changes nothing`() throws {
    let inside: [Double] = [0.1, 0.4, 0.35, 0.8, 0.8]
    let outside: [Double] = [0.3, 0.8, 0.9]
    let plain = try DetectionMetrics(inDistribution: inside, outOfDistribution: outside)
    let mapped = try DetectionMetrics(
      inDistribution: inside.map { $0 * $0 * $0 }, outOfDistribution: outside.map { $0 * $0 * $0 })
    #expect(plain == mapped)
  }

  @Test func `infinite scores are ordinary scores`() throws {
    let metrics = try DetectionMetrics(
      inDistribution: [-.infinity, 0], outOfDistribution: [Double.infinity])
    #expect(metrics.auroc == 1)
    #expect(metrics.fpr95OODPositive == 0)
  }

  @Test func `an empty set and a NaN are refused`() {
    #expect(
      throws: DetectionMetrics.Failure.empty(inDistributionCount: 0, outOfDistributionCount: 1)
    ) {
      try DetectionMetrics(inDistribution: [] as [Double], outOfDistribution: [1])
    }
    #expect(throws: DetectionMetrics.Failure.notANumber(index: 2)) {
      try DetectionMetrics(inDistribution: [1, 2] as [Double], outOfDistribution: [.nan])
    }
  }
}
