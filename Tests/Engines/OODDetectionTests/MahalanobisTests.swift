import Methods
import TestSupport
import Tensors
import Testing

@testable import OODDetection

@Suite struct MahalanobisTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let shrinkage: Double
      let scores: [Double]
    }
    let rank: Int
    let cases: [Case]
  }

  static func fitted(
    _ shrinkage: Double, on reference: ReferenceSet
  ) throws(FitError) -> Mahalanobis {
    var parameters = Mahalanobis.Parameters()
    parameters.shrinkage = shrinkage
    return try Mahalanobis.fitted(parameters, on: reference)
  }

  @Test func `scores equal NumPy's, and the rank is reported`() throws {
    let fixture = try Fixture.load()
    let golden = try golden("mahalanobis", as: Golden.self)
    for example in golden.cases {
      let scorer = try Self.fitted(example.shrinkage, on: fixture.reference())
      expectClose(scorer.scores(fixture.matrix(fixture.queries)), example.scores)
      if example.shrinkage == 0 { #expect(scorer.covarianceRank == golden.rank) }
    }
  }

  @Test func `a batch scores as its rows alone`() throws {
    let fixture = try Fixture.load()
    let scorer = try Self.fitted(0, on: fixture.reference())
    let queries = fixture.matrix(fixture.queries)
    let batch = scorer.scores(queries)
    for row in 0..<queries.rowCount {
      expectClose(scorer.scores(queries.selecting(rows: [row])), [Double(batch[row])])
    }
  }

  @Test(arguments: 0..<5 as Range<UInt64>)
  func `an invertible linear map of the features changes nothing`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let features = Matrix<Float>(rowCount: 80, columnCount: 3, elements: random.normals(240))
    let labels = (0..<80).map { Int64($0 % 2) }
    var map = Matrix<Float>(rowCount: 3, columnCount: 3, elements: random.normals(9)).elements
    for index in 0..<3 { map[index * 4] += 4 }
    let mapped = features.multiplied(by: Matrix(rowCount: 3, columnCount: 3, elements: map))
    let plain = try Self.fitted(0, on: ReferenceSet(features: features, labels: labels))
    let moved = try Self.fitted(0, on: ReferenceSet(features: mapped, labels: labels))
    expectClose(
      moved.scores(mapped), plain.scores(features).map(Double.init), relative: 1e-4)
  }

  @Test func `fewer rows than dimensions leave the rank of the rows`() throws {
    var random = SplitMix64(seed: 5)
    let features = Matrix<Float>(rowCount: 6, columnCount: 20, elements: random.normals(120))
    let scorer = try Self.fitted(
      0, on: ReferenceSet(features: features, labels: [7, 7, 7, 9, 9, 9]))
    #expect(scorer.covarianceRank == 4)
    #expect(scorer.scores(features).allSatisfy { $0.isFinite && $0 >= 0 })
  }

  @Test func `a class of one row is allowed beside others`() throws {
    let features = Matrix<Float>(rowCount: 4, columnCount: 1, elements: [0, 1, 2, 50])
    let reference = try ReferenceSet(features: features, labels: [1, 1, 1, 5])
    let scores = try Self.fitted(0, on: reference).scores(features)
    #expect(scores[3] < 1e-3)
    #expect(scores[0] > 1)
  }

  @Test func `classes without any spread are refused`() throws {
    let features = Matrix<Float>(rowCount: 3, columnCount: 2, elements: [1, 2, 3, 4, 3, 4])
    let reference = try ReferenceSet(features: features, labels: [1, 2, 2])
    #expect(throws: FitError.zeroCovariance) { try Self.fitted(0, on: reference) }
    #expect(throws: FitError.zeroCovariance) { try Self.fitted(0.5, on: reference) }
  }

  @Test(arguments: [-0.1, 1.1, .nan])
  func `a weight outside zero to one is refused`(shrinkage: Double) throws {
    let reference = try Fixture.load().reference()
    #expect(throws: FitError.self) { try Self.fitted(shrinkage, on: reference) }
  }

  @Test func `without labels it says so`() throws {
    let reference = try ReferenceSet(
      features: Matrix(rowCount: 1, columnCount: 1, elements: [1]))
    #expect(throws: FitError.missing(method: "mahalanobis", need: .labels)) {
      try Self.fitted(0, on: reference)
    }
  }
}
