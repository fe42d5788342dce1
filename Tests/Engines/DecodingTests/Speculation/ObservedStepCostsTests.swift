import Testing

@testable import Decoding

@Suite struct ObservedStepCostsTests {
  private static let table = StepCostTable([
    StepCostTable.Entry(tokenCount: 1, seconds: 2),
    StepCostTable.Entry(tokenCount: 8, seconds: 3.4),
  ])

  @Test func `the table counts until something else is seen`() {
    var costs = ObservedStepCosts(Self.table)
    #expect(costs.seconds(tokenCount: 1) == 2)
    #expect(costs.seconds(tokenCount: 8) == 3.4)
    // A run of several tokens says nothing before one of one token, a time of 0 nothing at all.
    costs.observe(tokenCount: 8, seconds: 9)
    costs.observe(tokenCount: 1, seconds: 0)
    costs.observe(tokenCount: 8, seconds: 9)
    #expect(costs.factor == 1)
  }

  @Test(arguments: [0.4, 1, 1.8])
  func `the factor approaches the one that is seen, whatever the machine's speed`(factor: Double) {
    var costs = ObservedStepCosts(Self.table)
    for index in 0..<200 {
      let speed = 0.01 * Double(1 + index / 100)
      costs.observe(tokenCount: 1, seconds: speed)
      let count = 2 + index % 7
      let extra = 0.7 * Double(count - 1) / 7
      costs.observe(tokenCount: count, seconds: speed * (1 + factor * extra))
    }
    #expect(abs(costs.factor - factor) < 0.15, "\(costs.factor)")
  }

  @Test func `a disturbed run changes little`() {
    var costs = ObservedStepCosts(Self.table)
    for _ in 0..<40 {
      costs.observe(tokenCount: 1, seconds: 1)
      costs.observe(tokenCount: 8, seconds: 1.7)
    }
    costs.observe(tokenCount: 8, seconds: 50)
    #expect(costs.factor > 1 && costs.factor < 1.1)
    costs.observe(tokenCount: 1, seconds: 50)
    costs.observe(tokenCount: 8, seconds: 1.7)
    #expect(costs.factor > 0.95 && costs.factor < 1.1)
  }

  @Test func `what one token took long ago is not compared`() {
    var costs = ObservedStepCosts(Self.table)
    costs.observe(tokenCount: 1, seconds: 1)
    for _ in 0..<200 { costs.observe(tokenCount: 8, seconds: 1.7) }
    let before = costs.factor
    for _ in 0..<200 { costs.observe(tokenCount: 8, seconds: 5) }
    #expect(costs.factor == before)
  }
}
