/// Decides how many guesses of each sample a step confirms.
///
/// A guess pays if the tokens that it is expected to bring per time are more than without it. With
/// `v(n)` the time of a run of `n` tokens, `R` samples, `B ≥ R` tokens besides guesses and `g_k`
/// the expected number of confirmed ones among the `k` most probable guesses, the `k` with the
/// greatest `(R + g_k) / (v(R) + v(B + k) − v(B))` is chosen. Rows of other samples and of prompts
/// thus come before guesses where the time of a run rises with every row. Guesses never change what
/// is generated, so these decisions may depend on time.
package struct DraftController: Sendable {
  /// A draft that a step could confirm.
  package struct Candidate: Sendable {
    /// The guesses, at most as many as the sample has room for.
    package var draft: Draft
    /// What guessing brought the sample so far.
    package var account: DraftAccount
    /// Whether the draft may be dropped.
    package var isOptional: Bool

    /// Creates a candidate.
    package init(draft: Draft, account: DraftAccount, isOptional: Bool) {
      self.draft = draft
      self.account = account
      self.isOptional = isOptional
    }
  }

  /// How many guesses of one candidate are confirmed in this step, and at what price.
  package struct Decision: Sendable, Equatable {
    /// The expected share of confirmed ones at each place; their number is that of the guesses.
    package var shares: [Double] = []
    /// What the guesses cost, in plain steps.
    package var cost = 0.0
  }

  /// An optional draft must be expected to bring this much more than none.
  private static let advantage = 1.02
  /// A draft that is not expected to pay is tried once in so many steps.
  private static let stepsBetweenProbes = 96

  /// What a run of several tokens costs.
  private var costs: ObservedStepCosts
  private var tables: [String: AcceptanceTable] = [:]
  private var stepsSinceProbe = 0

  /// A controller that has observed nothing.
  package init(costs: StepCostTable) { self.costs = ObservedStepCosts(costs) }

  /// The number of guesses for each candidate in a step of `sampleCount` samples and
  /// `tokenCount` tokens besides guesses; all guesses together are at most `guessCountMax`.
  package mutating func decide(
    _ candidates: [Candidate], sampleCount: Int, tokenCount: Int, guessCountMax: Int
  ) -> [Decision] {
    precondition(sampleCount >= 1 && tokenCount >= sampleCount, "\(sampleCount) of \(tokenCount)")
    stepsSinceProbe += 1
    let shares = candidates.map(shares)
    var guesses: [Guess] = []
    for (index, chain) in shares.enumerated() {
      let candidate = candidates[index]
      guard !candidate.isOptional || !candidate.account.isResting else { continue }
      var probability = 1.0
      for (place, share) in chain.enumerated() {
        probability *= share
        guesses.append(Guess(candidate: index, place: place, probability: probability))
      }
    }
    guesses.sort {
      ($1.probability, $0.candidate, $0.place) < ($0.probability, $1.candidate, $1.place)
    }
    guesses = Array(guesses.prefix(guessCountMax))
    let prices = Prices(costs: costs, sampleCount: sampleCount, tokenCount: tokenCount)
    var counts = [Int](repeating: 0, count: candidates.count)
    for guess in guesses.prefix(prices.bestCount(guesses, advantage: Self.advantage)) {
      counts[guess.candidate] += 1
    }
    addMandatory(candidates, &counts, guessCountMax: guessCountMax)
    probe(candidates, &counts, guessCountMax: guessCountMax)
    let price = affordablePrice(candidates, &counts, prices)
    return candidates.indices.map { index in
      let count = counts[index]
      return Decision(shares: Array(shares[index].prefix(count)), cost: price * Double(count))
    }
  }

  /// Takes guesses away until every account can pay for its own; the price of one of the rest.
  private func affordablePrice(
    _ candidates: [Candidate], _ counts: inout [Int], _ prices: Prices
  ) -> Double {
    // Fewer guesses may cost more each, so the price is looked at again.
    while true {
      let price = prices.pricePerGuess(count: counts.reduce(0, +))
      guard price > 0 else { return 0 }
      let before = counts
      for (index, candidate) in candidates.enumerated() where candidate.isOptional {
        counts[index] = min(counts[index], Int(max(0, candidate.account.affordable) / price))
      }
      if counts == before { return price }
    }
  }

  /// Takes the time of a run of tokens of samples alone, without prompts.
  package mutating func observe(tokenCount: Int, seconds: Double) {
    costs.observe(tokenCount: tokenCount, seconds: seconds)
  }

  /// Takes the outcome of a draft of which `proposed` guesses were tried.
  package mutating func record(_ draft: Draft, proposed: Int, accepted: Int) {
    guard proposed > 0 else { return }
    tables[draft.method, default: AcceptanceTable()].record(
      matchTokenCount: draft.matchTokenCount, proposed: proposed, accepted: accepted)
  }

  private func shares(_ candidate: Candidate) -> [Double] {
    let table = tables[candidate.draft.method] ?? AcceptanceTable()
    return candidate.draft.tokens.indices.map { place in
      candidate.account.share(
        table.share(matchTokenCount: candidate.draft.matchTokenCount, place: place))
    }
  }

  private func addMandatory(
    _ candidates: [Candidate], _ counts: inout [Int], guessCountMax: Int
  ) {
    for (index, candidate) in candidates.enumerated()
    where !candidate.isOptional && counts[index] == 0 && counts.reduce(0, +) < guessCountMax {
      counts[index] = min(1, candidate.draft.tokens.count)
    }
  }

  /// Tries a draft that does not pay once in a while, so that a change is noticed.
  private mutating func probe(
    _ candidates: [Candidate], _ counts: inout [Int], guessCountMax: Int
  ) {
    if counts.contains(where: { $0 > 0 }) { stepsSinceProbe = 0 }
    guard stepsSinceProbe >= Self.stepsBetweenProbes, guessCountMax > 0 else { return }
    guard let index = candidates.firstIndex(where: { !$0.draft.tokens.isEmpty }) else { return }
    counts[index] = 1
    stepsSinceProbe = 0
  }
}

/// A guess and the probability that it and those before it come true.
private struct Guess {
  var candidate: Int
  var place: Int
  var probability: Double
}

/// What guesses cost in one step.
private struct Prices {
  let costs: ObservedStepCosts
  let sampleCount: Int
  let tokenCount: Int

  /// The time of the step's samples alone.
  private var plain: Double { costs.seconds(tokenCount: sampleCount) }

  private func extra(_ count: Int) -> Double {
    costs.seconds(tokenCount: tokenCount + count) - costs.seconds(tokenCount: tokenCount)
  }

  /// The number of first guesses with the most expected tokens per time.
  func bestCount(_ guesses: [Guess], advantage: Double) -> Int {
    var best = 0
    var bestRate = Double(sampleCount) / plain * advantage
    var tokens = Double(sampleCount)
    for (index, guess) in guesses.enumerated() {
      tokens += guess.probability
      let rate = tokens / (plain + extra(index + 1))
      if rate > bestRate {
        best = index + 1
        bestRate = rate
      }
    }
    return best
  }

  /// The price of one of `count` guesses, in plain steps of one sample.
  func pricePerGuess(count: Int) -> Double {
    guard count > 0 else { return 0 }
    return extra(count) / Double(count) / (plain / Double(sampleCount))
  }
}
