import Methods
import Testing

@testable import PseudoLabeling

@Suite struct PseudoLabelingMethodsTests {
  @Test func `ids are unique kebab-case and every card has a source`() {
    let cards = PseudoLabelingMethods.cards
    #expect(Set(cards.map(\.id)).count == cards.count)
    #expect(cards.first?.id == "balanced-quotas")
    for card in cards {
      #expect(card.id.allSatisfy { $0.isLowercase || $0 == "-" })
      #expect(!card.source.isEmpty && !card.summary.isEmpty)
    }
  }

  @Test func `defaults are valid and wrong values are named with their range`() {
    #expect(BalancedQuotas.Parameters().violation == nil)
    #expect(HAST.Parameters().violation == nil)
    #expect(FixedThreshold.Parameters().violation == nil)
    var parameters = BalancedQuotas.Parameters()
    parameters.roundCount = 65
    #expect(
      parameters.violation
        == ParameterViolation(name: "round_count", value: "65", range: "1...64"))
    parameters = BalancedQuotas.Parameters()
    parameters.momentum = .nan
    #expect(parameters.violation?.name == "momentum")
  }
}
