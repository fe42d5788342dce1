import TestSupport
import Testing

@testable import Statistics

@Suite struct RiskCoverageTests {
  @Test func `the areas of the worked example`() {
    let curve = RiskCoverage(scores: [0.9, 0.8, 0.7, 0.6], losses: [0, 1, 0, 1])
    #expect(abs(curve.area - 0.333333) < 1e-6)
    #expect(abs(curve.oracleArea - 0.208333) < 1e-6)
    #expect(abs(curve.area - curve.oracleArea - 0.125) < 1e-6)
    #expect(curve.meanLoss == 0.5)
    #expect(curve.steps.map(\.risk) == [0, 0.5, 1.0 / 3, 0.5])
  }

  @Test func `constant scores give the mean loss`() {
    let curve = RiskCoverage(scores: [2, 2, 2, 2, 2], losses: [1, 0, 0, 1, 0.5])
    #expect(abs(curve.area - 0.5) < 1e-12)
    #expect(curve.steps.count == 1)
  }

  @Test func `the area of tied scores is the mean over all orders`() {
    // Four tied items after one: all orders of the four are equally likely.
    let losses = [1.0, 0, 1, 1, 0]
    let tied = RiskCoverage(scores: [3, 1, 1, 1, 1], losses: losses).area
    var sum = 0.0
    var count = 0.0
    for order in permutations([1, 2, 3, 4]) {
      var scores = [9.0, 0, 0, 0, 0]
      for (rank, item) in order.enumerated() { scores[item] = Double(8 - rank) }
      sum += RiskCoverage(scores: scores, losses: losses).area
      count += 1
    }
    #expect(abs(tied - sum / count) < 1e-12)
  }

  @Test func `the order of the items changes nothing`() {
    var random = SplitMix64(seed: 3)
    let scores = (0..<30).map { _ in Double(Int(random.uniform() * 8)) }
    let losses = (0..<30).map { _ in random.uniform() < 0.3 ? 1.0 : 0 }
    let order = (0..<30).shuffled(using: &random)
    let first = RiskCoverage(scores: scores, losses: losses)
    let second = RiskCoverage(scores: order.map { scores[$0] }, losses: order.map { losses[$0] })
    #expect(abs(first.area - second.area) < 1e-12)
    #expect(first.oracleArea == second.oracleArea)
    #expect(first.area >= first.oracleArea)
  }

  @Test func `no item gives an empty curve`() {
    let curve = RiskCoverage(scores: [], losses: [])
    #expect(curve.area == 0 && curve.steps.isEmpty && curve.meanLoss == 0)
  }

  private func permutations(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { first in
      permutations(items.filter { $0 != first }).map { [first] + $0 }
    }
  }
}
