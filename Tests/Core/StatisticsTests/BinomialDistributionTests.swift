import Testing

@testable import Statistics

@Suite struct BinomialDistributionTests {
  struct Golden: Decodable {
    struct Tail: Decodable {
      let count: Int
      let probability: Double
      let successes: Int
      let cumulative: Double
    }
    struct Interval: Decodable {
      let successes: Double
      let count: Double
      let low: Double
      let high: Double
    }
    let tails: [Tail]
    let wilson: [Interval]
  }

  @Test func `tails and intervals equal SciPy's`() throws {
    let golden = try golden("binomial", as: Golden.self)
    for tail in golden.tails {
      let distribution = BinomialDistribution(count: tail.count, probability: tail.probability)
      #expect(abs(distribution.cumulative(at: tail.successes) - tail.cumulative) < 1e-9)
    }
    for expected in golden.wilson {
      let found = wilsonInterval(
        share: expected.successes / expected.count, count: expected.count)
      #expect(abs(found.lowerBound - expected.low) < 1e-9)
      #expect(abs(found.upperBound - expected.high) < 1e-9)
    }
    #expect(wilsonInterval(share: 0, count: 0) == 0...1)
  }

  @Test(arguments: [(0.2, 14), (0.1, 29), (0.05, 59), (0.02, 149), (0.01, 299)])
  func `so many losses of zero are needed`(limit: Double, count: Int) {
    func value(_ count: Int) -> Double {
      riskPValue(lossSum: 0, count: count, isBinary: true, limit: limit)
    }
    #expect(value(count) <= 0.05)
    #expect(value(count - 1) > 0.05)
  }

  @Test func `losses between 0 and 1 cost more than losses of 0 and 1, and no loss proves nothing`()
  {
    for sum in [0.0, 3, 10, 20] {
      let binary = riskPValue(lossSum: sum, count: 100, isBinary: true, limit: 0.2)
      let other = riskPValue(lossSum: sum, count: 100, isBinary: false, limit: 0.2)
      #expect(other >= binary && other <= 1)
    }
    #expect(riskPValue(lossSum: 0, count: 0, isBinary: true, limit: 0.2) == 1)
    #expect(riskPValue(lossSum: 50, count: 100, isBinary: false, limit: 0.2) == 1)
  }
}
