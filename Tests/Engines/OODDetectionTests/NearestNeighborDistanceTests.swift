import Methods
import Tensors
import Testing

@testable import OODDetection

@Suite struct NearestNeighborDistanceTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let k: Int
      let scores: [Double]
    }
    let cases: [Case]
  }

  @Test func `scores equal scikit-learn's`() throws {
    let fixture = try Fixture.load()
    for example in try golden("knn", as: Golden.self).cases {
      var parameters = NearestNeighborDistance.Parameters()
      parameters.k = example.k
      let scorer = try NearestNeighborDistance.fitted(parameters, on: fixture.reference())
      expectClose(
        scorer.scores(fixture.matrix(fixture.queries)), example.scores, relative: 1e-6)
    }
  }

  @Test func `a known row is at distance zero, and the scale of a row does not count`() throws {
    let fixture = try Fixture.load()
    let scorer = try NearestNeighborDistance.fitted(.init(), on: fixture.reference())
    #expect(scorer.scores(fixture.matrix(fixture.train)).allSatisfy { $0 == 0 })
    let scaled = scorer.scores(fixture.matrix(fixture.queries.map { $0 * 1024 }))
    #expect(scaled == scorer.scores(fixture.matrix(fixture.queries)))
  }

  @Test func `scores grow with k`() throws {
    let fixture = try Fixture.load()
    let queries = fixture.matrix(fixture.queries)
    var last = [Float](repeating: 0, count: queries.rowCount)
    for k in [1, 2, 5, 20] {
      var parameters = NearestNeighborDistance.Parameters()
      parameters.k = k
      let scores = try NearestNeighborDistance.fitted(parameters, on: fixture.reference())
        .scores(queries)
      #expect(zip(last, scores).allSatisfy { $0 <= $1 })
      last = scores
    }
  }

  @Test func `a zero vector is at distance one`() throws {
    let fixture = try Fixture.load()
    let scorer = try NearestNeighborDistance.fitted(.init(), on: fixture.reference())
    let zero = Matrix<Float>(rowCount: 1, columnCount: fixture.dimensions) { _ in }
    expectClose(scorer.scores(zero), [1], relative: 1e-6)
  }

  @Test func `a rank above the number of rows is refused`() throws {
    let reference = try Fixture.load().reference()
    var parameters = NearestNeighborDistance.Parameters()
    parameters.k = 61
    #expect(throws: FitError.tooFewRows(count: 60, required: 61)) {
      try NearestNeighborDistance.fitted(parameters, on: reference)
    }
    parameters.k = 0
    let violation = ParameterViolation(name: "k", value: "0", range: "1 to 10000")
    #expect(throws: FitError.parameter(violation)) {
      try NearestNeighborDistance.fitted(parameters, on: reference)
    }
  }
}
