import Tensors
import Testing

@testable import OODDetection

@Suite struct RelativeMahalanobisTests {
  @Test func `scores equal NumPy's`() throws {
    let fixture = try Fixture.load()
    let golden = try golden("relative-mahalanobis", as: MahalanobisTests.Golden.self)
    for example in golden.cases {
      var parameters = RelativeMahalanobis.Parameters()
      parameters.shrinkage = example.shrinkage
      let scorer = try RelativeMahalanobis.fitted(parameters, on: fixture.reference())
      expectClose(
        scorer.scores(fixture.matrix(fixture.queries)), example.scores, relative: 5e-5)
      if example.shrinkage == 0 { #expect(scorer.covarianceRank == golden.rank) }
    }
  }

  @Test func `a single class is refused, for all scores would be zero`() throws {
    let features = Matrix<Float>(rowCount: 3, columnCount: 1, elements: [1, 2, 4])
    let reference = try ReferenceSet(features: features, labels: [3, 3, 3])
    #expect(throws: FitError.tooFewClasses(count: 1, required: 2)) {
      try RelativeMahalanobis.fitted(.init(), on: reference)
    }
  }
}
