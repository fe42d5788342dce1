import Methods
import Tensors
import Testing

@testable import OODDetection

@Suite struct EnergyScoreTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let temperature: Double
      let scores: [Double]
    }
    let cases: [Case]
  }

  @Test func `scores equal SciPy's`() throws {
    let fixture = try Fixture.load()
    for example in try golden("energy", as: Golden.self).cases {
      var parameters = EnergyScore.Parameters()
      parameters.temperature = example.temperature
      let scorer = try EnergyScore.fitted(parameters, on: fixture.reference())
      expectClose(scorer.scores(fixture.matrix(fixture.queries)), example.scores)
    }
  }

  @Test func `the free constant of the head changes nothing`() throws {
    let fixture = try Fixture.load()
    let queries = fixture.matrix(fixture.queries)
    let shifted = try LinearHead(
      weights: fixture.matrix(fixture.weights.map { $0 + 3 }), biases: fixture.biases.map { $0 - 9 }
    )
    let reference = try ReferenceSet(features: fixture.matrix(fixture.train), head: shifted)
    let plain = try EnergyScore.fitted(.init(), on: fixture.reference()).scores(queries)
    let moved = try EnergyScore.fitted(.init(), on: reference).scores(queries)
    expectClose(moved, plain.map(Double.init))
  }

  @Test(arguments: [0, -1, .nan, .infinity])
  func `a temperature without meaning is refused`(temperature: Double) throws {
    var parameters = EnergyScore.Parameters()
    parameters.temperature = temperature
    let reference = try Fixture.load().reference()
    #expect(throws: FitError.self) { try EnergyScore.fitted(parameters, on: reference) }
  }
}
