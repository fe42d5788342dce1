import Methods
import Tensors
import Testing

@testable import OODDetection

@Suite struct ScoreFusionTests {
  struct Golden: Decodable { let scores: [Double] }

  @Test func `scores equal the sum of the reference's standardised scores`() throws {
    let fixture = try Fixture.load()
    let scorer = try ScoreFusion.fitted(.init(), on: fixture.reference())
    expectClose(
      scorer.scores(fixture.matrix(fixture.queries)), try golden("fusion", as: Golden.self).scores,
      relative: 1e-4)
  }

  @Test func `held-out scores have mean zero`() throws {
    let fixture = try Fixture.load()
    let scores = try ScoreFusion.fitted(.init(), on: fixture.reference())
      .scores(fixture.matrix(fixture.heldOut))
    #expect(abs(scores.reduce(0, +)) / Float(scores.count) < 1e-4)
  }

  @Test func `each missing part is named`() throws {
    let fixture = try Fixture.load()
    let train = fixture.matrix(fixture.train)
    let cases: [(ReferenceSet, MethodNeed)] = [
      (try ReferenceSet(features: train, labels: fixture.labels, heldOut: train), .head),
      (try ReferenceSet(features: train, head: fixture.head(), heldOut: train), .labels),
      (try ReferenceSet(features: train, labels: fixture.labels, head: fixture.head()), .heldOut),
    ]
    for (reference, need) in cases {
      #expect(throws: FitError.missing(method: "fusion", need: need)) {
        try ScoreFusion.fitted(.init(), on: reference)
      }
    }
  }
}
