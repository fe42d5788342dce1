import TestSupport
import Testing

@testable import Decoding

@Suite struct DraftControllerTests {
  private static func table(_ entries: [(Int, Double)]) -> StepCostTable {
    StepCostTable(entries.map { StepCostTable.Entry(tokenCount: $0.0, seconds: $0.1) })
  }

  private static let tables = [
    StepCostTable.flat, StepCostTable.unknown,
    table([(1, 1), (2, 1.6), (4, 2.5), (8, 4.5), (16, 7.4)]),
    table([(1, 1), (2, 1.02), (4, 1.05), (64, 2)]),
  ]

  private static func draft(_ count: Int, match: Int = 3) -> Draft {
    Draft(
      method: "lookup", tokens: [Int32](repeating: 1, count: count), matchTokenCount: match)
  }

  /// How much faster one sample is than without guesses, where `isRight` says whether the guess for
  /// a token comes true, and `believed` is what costs are thought to be.
  private static func gain(
    _ costs: StepCostTable, believed: StepCostTable? = nil, tokenCount: Int, match: Int = 3,
    isRight: (Int) -> Bool
  ) -> Double {
    var controller = DraftController(costs: believed ?? costs)
    var account = DraftAccount()
    var time = 0.0
    var count = 0
    while count < tokenCount {
      let room = min(64, tokenCount - count - 1)
      var decision = DraftController.Decision()
      if room > 0 {
        let candidate = DraftController.Candidate(
          draft: draft(room, match: match), account: account, isOptional: true)
        decision =
          controller.decide(
            [candidate], sampleCount: 1, tokenCount: 1, guessCountMax: 100)[0]
      }
      let guesses = decision.shares.count
      let seconds = costs.seconds(tokenCount: 1 + guesses)
      time += seconds
      controller.observe(tokenCount: 1 + guesses, seconds: seconds)
      var accepted = 0
      while accepted < guesses, isRight(count + accepted) { accepted += 1 }
      if guesses > 0 {
        account.record(shares: decision.shares, accepted: accepted, cost: decision.cost)
        controller.record(draft(room, match: match), proposed: guesses, accepted: accepted)
      } else {
        account.recordPlainStep()
      }
      count += accepted + 1
    }
    return costs.seconds(tokenCount: 1) * Double(count) / time
  }

  @Test(arguments: tables.indices)
  func `guesses that never come true cost less than two parts of a hundred`(index: Int) {
    for match in [1, 3, 8, 32] {
      for count in [64, 128, 512, 4096] {
        let gain = Self.gain(Self.tables[index], tokenCount: count, match: match) { _ in false }
        #expect(gain >= 0.98, "match \(match), \(count) tokens")
      }
    }
  }

  @Test(arguments: tables.indices)
  func `no pattern of hits makes a long text slower`(index: Int) {
    for seed in 0..<40 as Range<UInt64> {
      var random = SplitMix64(seed: seed)
      let rate = random.uniform() * random.uniform()
      let period = Int.random(in: 1...200, using: &random)
      let hits = (0..<2000).map { place in
        random.uniform() < (place / period % 2 == 0 ? rate : 0)
      }
      let gain = Self.gain(Self.tables[index], tokenCount: 2000) { hits[$0] }
      #expect(gain >= 0.98, "seed \(seed)")
    }
  }

  @Test func `what runs cost is believed when it is seen`() {
    var random = SplitMix64(seed: 3)
    let hits = (0..<4000).map { _ in random.uniform() < 0.7 }
    let cheap = Self.table([(1, 1), (2, 1.1), (4, 1.3), (8, 1.7)])
    let dear = Self.table([(1, 1), (2, 1.2), (4, 1.6), (8, 2.4)])
    for (truth, other) in [(cheap, dear), (dear, cheap)] {
      let known = Self.gain(truth, tokenCount: 4000) { hits[$0] }
      let learned = Self.gain(truth, believed: other, tokenCount: 4000) { hits[$0] }
      #expect(known > 1.15 && learned > 0.98 * known, "\(learned) of \(known)")
      #expect(
        Self.gain(truth, believed: other, tokenCount: 4000) { _ in false } > 0.98)
    }
  }

  @Test func `guesses that come true make a text faster by what the cost allows`() {
    var random = SplitMix64(seed: 1)
    let hits = (0..<2000).map { _ in random.uniform() < 0.95 }
    #expect(Self.gain(.flat, tokenCount: 300, match: 12) { hits[$0] } > 2)
    #expect(Self.gain(.unknown, tokenCount: 300, match: 12) { hits[$0] } >= 0.98)
    #expect(Self.gain(Self.tables[3], tokenCount: 1000, match: 12) { hits[$0] } > 5)
  }

  @Test func `guesses are noticed when they begin to come true`() {
    #expect(Self.gain(.flat, tokenCount: 4000, match: 12) { $0 > 1000 } > 1.8)
  }

  @Test func `rows of others come before guesses where every row costs`() {
    var controller = DraftController(costs: .flat)
    let candidate = DraftController.Candidate(
      draft: Self.draft(8, match: 12), account: DraftAccount(), isOptional: true)
    func guessCount(_ sampleCount: Int, _ tokenCount: Int) -> Int {
      let decisions = controller.decide(
        [DraftController.Candidate](repeating: candidate, count: sampleCount),
        sampleCount: sampleCount, tokenCount: tokenCount, guessCountMax: 64)
      return decisions.reduce(0) { $0 + $1.shares.count }
    }
    let alone = guessCount(1, 1)
    #expect(alone >= 2)
    #expect(guessCount(8, 8) < 8 * alone)
    #expect(guessCount(1, 64) <= alone)
  }

  @Test func `the bounds of guesses hold`() {
    var controller = DraftController(costs: Self.tables[3])
    let optional = DraftController.Candidate(
      draft: Self.draft(8, match: 32), account: DraftAccount(), isOptional: true)
    let wanted = DraftController.Candidate(
      draft: Self.draft(2, match: 1), account: DraftAccount(), isOptional: false)
    let decisions = controller.decide(
      [optional, wanted, optional], sampleCount: 3, tokenCount: 3, guessCountMax: 9)
    #expect(decisions.reduce(0) { $0 + $1.shares.count } <= 9)
    #expect(decisions[1].shares.count <= 2)
    let none = controller.decide([wanted], sampleCount: 1, tokenCount: 1, guessCountMax: 0)
    #expect(none[0].shares.isEmpty)
    var costly = DraftController(costs: .unknown)
    let mandatory = costly.decide([wanted], sampleCount: 1, tokenCount: 1, guessCountMax: 9)
    #expect(mandatory[0].shares.count == 1)
    #expect(costly.decide([], sampleCount: 1, tokenCount: 1, guessCountMax: 9).isEmpty)
  }

  @Test func `shares approach what is observed, place by place`() {
    var table = AcceptanceTable()
    let before = table.share(matchTokenCount: 2, place: 0)
    for _ in 0..<300 { table.record(matchTokenCount: 2, proposed: 4, accepted: 2) }
    #expect(table.share(matchTokenCount: 2, place: 0) > 0.97)
    #expect(table.share(matchTokenCount: 2, place: 1) > 0.97)
    #expect(table.share(matchTokenCount: 2, place: 2) < 0.03)
    #expect(before < 0.97)
    #expect(
      table.share(matchTokenCount: 3, place: 0)
        == AcceptanceTable().share(matchTokenCount: 3, place: 0))
    for match in 1...40 {
      for place in 0..<8 {
        let share = AcceptanceTable().share(matchTokenCount: match, place: place)
        #expect(share > 0 && share < 1)
        if match > 1 {
          #expect(share >= AcceptanceTable().share(matchTokenCount: match - 1, place: place))
        }
      }
    }
  }

  @Test func `a sample's own outcomes move its shares and its pauses`() {
    var lucky = DraftAccount()
    var unlucky = DraftAccount()
    #expect(abs(lucky.share(0.6) - 0.6) < 1e-12)
    for _ in 0..<10 {
      lucky.record(shares: [0.6, 0.6], accepted: 2, cost: 0.2)
      unlucky.record(shares: [0.6, 0.6], accepted: 0, cost: 0.2)
    }
    #expect(lucky.share(0.6) > 0.8)
    #expect(unlucky.share(0.6) < 0.4)
    #expect(!lucky.isResting)
    #expect(unlucky.isResting)
    for _ in 0..<32 { unlucky.recordPlainStep() }
    #expect(!unlucky.isResting)
    #expect(unlucky.affordable < 0 && lucky.affordable > 10)
  }
}
