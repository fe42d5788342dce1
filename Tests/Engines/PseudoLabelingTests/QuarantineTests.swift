import Tensors
import TestSupport
import Testing

@testable import PseudoLabeling

@Suite struct QuarantineTests {
  /// Blobs of three classes and, behind them, a cloud along the last axis.
  private static func contaminated(foreign: Int) throws -> SelfTrainingData {
    let (features, labels) = blobs(rows: 330, spread: 0.25, seed: 11)
    var generator = SplitMix64(seed: 12)
    let noise = generator.normals(foreign * 6)
    let cloud = Matrix<Float>(
      rowCount: foreign, columnCount: 6,
      elements: noise.indices.map { noise[$0] * 0.25 + ($0 % 6 == 5 ? 1 : 0) })
    return try SelfTrainingData(
      labelled: features.selecting(rows: Array(0..<30)), labels: Array(labels.prefix(30)),
      unlabelled: features.selecting(rows: Array(30..<330)).appending(cloud.normalizedRows()),
      classNames: ["a", "b", "c"])
  }

  private static func quarantine(
    foreign: Int, policy: Quarantine.Policy = .automatic
  ) throws -> Quarantine {
    let data = try contaminated(foreign: foreign)
    return Quarantine(
      data: data, graph: NeighborGraph(data.features, count: 10), policy: policy)
  }

  @Test func `contamination is noticed, estimated and set aside`() throws {
    let found = try Self.quarantine(foreign: 100)
    #expect(found.isActive)
    #expect(abs(found.estimatedShare - 0.25) < 0.1, "\(found.estimatedShare)")
    #expect((330..<430).filter { found.sets(aside: $0) }.count >= 98)
    #expect((30..<330).filter { found.sets(aside: $0) }.count <= 75)
  }

  @Test func `a clean pool is left alone unless asked`() throws {
    let clean = try Self.quarantine(foreign: 0)
    #expect(!clean.isActive)
    #expect(clean.estimatedShare == 0)
    #expect(!(0..<330).contains { clean.sets(aside: $0) })
    #expect(try Self.quarantine(foreign: 0, policy: .always).isActive)
    #expect(!(try Self.quarantine(foreign: 100, policy: .never).isActive))
  }

  @Test func `at least 85 and at most 95 of a hundred labels pass`() throws {
    for foreign in [0, 50, 200] {
      let found = try Self.quarantine(foreign: foreign, policy: .always)
      let passing = found.labelledScores.filter { $0 <= found.threshold }.count
      #expect((26...29).contains(passing), "\(passing) of 30")
    }
  }
}
