import TestSupport
import Testing

@testable import Pipelines

@Suite struct LinearScaleTests {
  @Test(arguments: 0..<100) func `ticks are round, inside and not too many`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let low = Double.random(in: -100...100, using: &generator)
    let width = Double.random(in: 0.001...1000, using: &generator)
    let (values, places) = LinearScale.ticks(in: low...(low + width), count: 5)
    #expect((2...8).contains(values.count), "\(values)")
    #expect(values.allSatisfy { $0 >= low - 1e-6 * width && $0 <= low + width * (1 + 1e-6) })
    #expect(Set(values.map { $0.fixed(places) }).count == values.count)
  }

  @Test func `positions go from start to end and stay inside`() {
    let scale = LinearScale(domain: 2...4, start: 100, end: 20)
    #expect(scale.position(2) == 100)
    #expect(scale.position(3) == 60)
    #expect(scale.position(4) == 20)
    #expect(scale.position(9) == 20)
    #expect(scale.position(.nan) == 100)
  }

  @Test func `a domain holds its values with room, within limits`() {
    let domain = LinearScale.domain(around: [0.71, 0.78], within: 0...1, widthMin: 0.05)
    #expect(domain.lowerBound < 0.71 && domain.upperBound > 0.78)
    #expect(domain.lowerBound > 0.6 && domain.upperBound < 0.9)
    #expect(LinearScale.domain(around: [1, 1], within: 0...1, widthMin: 0.05).upperBound == 1)
    #expect(LinearScale.domain(around: [], within: 0...1, widthMin: 0.05) == 0...1)
  }
}
