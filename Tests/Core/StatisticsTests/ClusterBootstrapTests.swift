import TestSupport
import Testing

@testable import Statistics

@Suite struct ClusterBootstrapTests {
  private let names = (0..<200).map { "cluster \($0 / 4)" }

  @Test func `the interval of a mean is the normal one, widened by the clusters`() throws {
    var random = SplitMix64(seed: 8)
    // The four items of a cluster are equal: there are fifty observations, not two hundred.
    let centres = random.normals(50).map(Double.init)
    let values = names.indices.map { centres[$0 / 4] }
    let bootstrap = ClusterBootstrap(clusterOfItem: names)
    #expect(bootstrap.clusters.count == 50)
    let interval = try #require(
      bootstrap.interval(
        resampleCount: 2000, seed: 1, ofItems: { items in mean(items.map { values[$0] }) }))
    let centre = mean(values)
    let deviation = mean(values.map { ($0 - centre) * ($0 - centre) }).squareRoot()
    let half = 1.96 * deviation / Double(50).squareRoot()
    #expect(abs(interval.lowerBound - (centre - half)) < 0.15 * half)
    #expect(abs(interval.upperBound - (centre + half)) < 0.15 * half)
  }

  @Test func `the same seed gives the same interval`() {
    let bootstrap = ClusterBootstrap(clusterOfItem: names)
    func interval(_ seed: UInt64) -> ClosedRange<Double>? {
      bootstrap.interval(resampleCount: 100, seed: seed, ofItems: { Double($0[0]) })
    }
    #expect(interval(4) == interval(4))
    #expect(interval(4) != interval(5))
  }

  @Test func `a figure that is mostly undefined has no interval`() {
    let bootstrap = ClusterBootstrap(clusterOfItem: ["a", "b"])
    #expect(bootstrap.interval(resampleCount: 100, seed: 1, ofItems: { _ in nil }) == nil)
    #expect(
      bootstrap.interval(resampleCount: 9, seed: 1, isCancelled: { true }, ofItems: { _ in 1 })
        == nil)
    #expect(
      ClusterBootstrap(clusterOfItem: []).interval(resampleCount: 9, seed: 1, ofItems: { _ in 1 })
        == nil)
  }

  private func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }
}
