import Methods
import Tensors
import Testing

@testable import OODDetection

@Suite struct MaximumSoftmaxProbabilityTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let temperature: Float
      let scores: [Double]
    }
    let cases: [Case]
  }

  @Test func `scores equal SciPy's, with the head's temperature`() throws {
    let fixture = try Fixture.load()
    for example in try golden("msp", as: Golden.self).cases {
      let scorer = try MaximumSoftmaxProbability.fitted(
        .init(), on: fixture.reference(temperature: example.temperature))
      expectClose(
        scorer.scores(fixture.matrix(fixture.queries)), example.scores, relative: 1e-6)
    }
  }

  @Test func `very confident rows keep their order`() throws {
    let weights = Matrix<Float>(rowCount: 2, columnCount: 1, elements: [1, -1])
    let features = Matrix<Float>(rowCount: 3, columnCount: 1, elements: [15, 20, 30])
    let reference = try ReferenceSet(
      features: features, head: LinearHead(weights: weights, biases: [0, 0]))
    let scores = try MaximumSoftmaxProbability.fitted(.init(), on: reference).scores(features)
    #expect(scores[0] > scores[1] && scores[1] > scores[2] && scores[2] > 0)
  }

  @Test func `a single class scores zero`() throws {
    let one = Matrix<Float>(rowCount: 1, columnCount: 1, elements: [1])
    let reference = try ReferenceSet(features: one, head: LinearHead(weights: one, biases: [3]))
    #expect(try MaximumSoftmaxProbability.fitted(.init(), on: reference).scores(one) == [0])
  }

  @Test func `without a head it says so`() throws {
    let reference = try ReferenceSet(
      features: Matrix(rowCount: 1, columnCount: 1, elements: [1]))
    #expect(throws: FitError.missing(method: "msp", need: .head)) {
      try MaximumSoftmaxProbability.fitted(.init(), on: reference)
    }
  }
}
