import Methods
import TestSupport
import Testing

@testable import Decoding

@Suite struct LookupTests {
  /// All places compared with all run lengths.
  private static func reference(_ tokens: [Int32], _ matchMin: Int, _ count: Int) -> Draft? {
    var best: (place: Int, length: Int)?
    for place in (1..<max(1, tokens.count)).reversed() {
      var length = 0
      while length < min(place, 32),
        tokens[place - 1 - length] == tokens[tokens.count - 1 - length]
      {
        length += 1
      }
      if length >= matchMin, length > best?.length ?? 0 { best = (place, length) }
    }
    guard let best else { return nil }
    var text = tokens
    for offset in 0..<count { text.append(text[best.place + offset]) }
    return Draft(
      method: "lookup", tokens: Array(text[tokens.count...]), matchTokenCount: best.length)
  }

  @Test(arguments: [1, 2, 3, 6, 9])
  func `drafts are those of the longest and latest match`(matchMin: Int) {
    var random = SplitMix64(seed: UInt64(matchMin))
    for alphabet in [1, 2, 3, 8] as [Int32] {
      for _ in 0..<10 {
        var parameters = Lookup.Parameters()
        parameters.matchTokensMin = matchMin
        let prompt = (0..<20).map { _ in Int32.random(in: 0..<alphabet, using: &random) }
        var lookup = Lookup(parameters, prompt: prompt)
        var tokens = prompt
        for _ in 0..<40 {
          let count = Int.random(in: 1...12, using: &random)
          #expect(
            lookup.draft(tokensMax: count) == Self.reference(tokens, matchMin, count),
            "\(tokens)")
          let token = Int32.random(in: 0..<alphabet, using: &random)
          lookup.append(token)
          tokens.append(token)
        }
      }
    }
  }

  @Test func `nothing is guessed from nothing`() {
    let lookup = Lookup(Lookup.Parameters(), prompt: [])
    #expect(lookup.draft(tokensMax: 4) == nil)
    #expect(Lookup(Lookup.Parameters(), prompt: [1, 2, 3]).draft(tokensMax: 4) == nil)
    #expect(Off(Off.Parameters(), prompt: [1, 2, 1, 2]).draft(tokensMax: 4) == nil)
  }

  @Test func `a loop is guessed to go on`() {
    let lookup = Lookup(Lookup.Parameters(), prompt: [7, 8, 9, 7, 8, 9, 7])
    #expect(lookup.draft(tokensMax: 8)?.tokens == [8, 9, 7, 8, 9, 7, 8, 9])
  }

  @Test func `settings out of range are named`() {
    var lookup = Lookup.Parameters()
    #expect(lookup.violation == nil)
    lookup.draftTokensMax = 65
    #expect(lookup.violation?.name == "draft_tokens_max")
    lookup.draftTokensMax = 64
    lookup.matchTokensMin = 0
    #expect(lookup.violation?.name == "match_tokens_min")
    lookup.matchTokensMin = 33
    #expect(lookup.violation?.name == "match_tokens_min")
    var automatic = Automatic.Parameters()
    automatic.draftTokensMax = -1
    #expect(automatic.violation?.name == "draft_tokens_max")
  }
}
