import TestSupport
import Testing

@testable import Statistics

@Suite struct ConformalTests {
  struct Golden: Decodable {
    struct Beta: Decodable {
      let alpha: Double
      let beta: Double
      let x: Double
      let cumulative: Double
    }
    struct PAC: Decodable {
      let count: Int
      let falseAlarmRate: Double
      let confidence: Double
      let rank: Int
    }
    let beta: [Beta]
    let pac: [PAC]
    let pValues: [Double]
    let rate: Double
    let rejected: [Bool]
  }

  @Test func `the beta distribution equals SciPy's`() throws {
    for example in try golden("conformal", as: Golden.self).beta {
      let value = BetaDistribution(alpha: example.alpha, beta: example.beta)
        .cumulative(at: example.x)
      #expect(abs(value - example.cumulative) < 1e-9, "\(example)")
    }
  }

  @Test func `conditional ranks equal those of SciPy's quantiles`() throws {
    for example in try golden("conformal", as: Golden.self).pac {
      let threshold = try ConformalThreshold(
        calibrationScores: (1...example.count).map(Double.init),
        falseAlarmRate: example.falseAlarmRate,
        guarantee: .conditional(confidence: example.confidence))
      #expect(threshold.rank == example.rank, "\(example)")
      #expect(threshold.value == Double(example.rank))
    }
  }

  @Test(arguments: [(99, 0.05, 95), (100, 0.05, 96), (19, 0.05, 19), (3000, 0.05, 2851)])
  func `the marginal rank is the written-out formula`(count: Int, rate: Double, rank: Int) throws {
    let threshold = try ConformalThreshold(
      calibrationScores: (1...count).reversed().map(Double.init), falseAlarmRate: rate)
    #expect(threshold.rank == rank)
  }

  @Test func `at the smallest sufficient count the bound can be kept, below it cannot`() throws {
    #expect(throws: ConformalThreshold.Failure.tooFewScores(count: 18, required: 19)) {
      try ConformalThreshold(
        calibrationScores: [Double](repeating: 0, count: 18), falseAlarmRate: 0.05)
    }
    #expect(throws: ConformalThreshold.Failure.tooFewScores(count: 298, required: 299)) {
      try ConformalThreshold(
        calibrationScores: [Double](repeating: 0, count: 298), falseAlarmRate: 0.01,
        guarantee: .conditional(confidence: 0.95))
    }
    #expect(throws: ConformalThreshold.Failure.tooFewScores(count: 0, required: 19)) {
      try ConformalThreshold(calibrationScores: [], falseAlarmRate: 0.05)
    }
  }

  @Test func `rates, confidences and scores without meaning are refused`() {
    for rate in [0, 1e-300, 1, -0.1, .nan] {
      #expect(throws: ConformalThreshold.Failure.self) {
        try ConformalThreshold(calibrationScores: [1, 2, 3], falseAlarmRate: rate)
      }
    }
    #expect(throws: ConformalThreshold.Failure.outOfRange(name: "confidence", value: 1)) {
      try ConformalThreshold(
        calibrationScores: [1], falseAlarmRate: 0.5, guarantee: .conditional(confidence: 1))
    }
    #expect(throws: ConformalThreshold.Failure.notANumber(index: 1)) {
      try ConformalThreshold(calibrationScores: [1, .nan], falseAlarmRate: 0.5)
    }
  }

  @Test func `the share of false alarms keeps the bound on average`() throws {
    var random = SplitMix64(seed: 11)
    var alarms = 0
    let repeats = 2000
    for _ in 0..<repeats {
      let scores = (0..<40).map { _ in Double.random(in: 0..<1, using: &random) }
      let threshold = try ConformalThreshold(calibrationScores: scores, falseAlarmRate: 0.1)
      if Double.random(in: 0..<1, using: &random) > threshold.value { alarms += 1 }
    }
    #expect(Double(alarms) / Double(repeats) < 0.1 + 3 * 0.3 / Double(repeats).squareRoot())
  }

  @Test func `p-values count the calibration scores at least as high`() {
    let pValues = ConformalPValues(calibrationScores: [3, 1, 2, 2])
    #expect(pValues(0) == 1)
    #expect(pValues(2) == 0.8)
    #expect(pValues(3) == 0.4)
    #expect(pValues(4) == 0.2)
    #expect(pValues(.nan) == 0.2)
    #expect(ConformalPValues(calibrationScores: [])(7) == 1)
  }

  @Test func `rejections equal SciPy's`() throws {
    let golden = try golden("conformal", as: Golden.self)
    let rejected = benjaminiHochbergRejections(pValues: golden.pValues, rate: golden.rate)
    #expect(rejected == golden.rejected)
    #expect(rejected.contains(true) && rejected.contains(false))
    #expect(benjaminiHochbergRejections(pValues: [], rate: 0.1).isEmpty)
    #expect(benjaminiHochbergRejections(pValues: [0.9, 0.9], rate: 0.1) == [false, false])
  }
}
