import Testing

@testable import Methods

@Suite struct MethodCardTests {
  @Test func `needs sort by their wire names`() {
    #expect(
      MethodNeed.allCases.sorted().map(\.rawValue)
        == [
          "encoder", "features", "head", "held-out", "labels", "log-probabilities", "reference",
          "samples", "unlabelled",
        ])
  }

  @Test func `equal cards are equal`() {
    let card = MethodCard(id: "a", title: "A", source: "S", needs: [.labels], summary: "Does.")
    #expect(
      card == MethodCard(id: "a", title: "A", source: "S", needs: [.labels], summary: "Does."))
    #expect(card.needs.contains(.labels))
  }
}
