/// What guessing brought and cost one sample, which decides whether it may go on guessing.
///
/// All times are in plain steps: what a step without guesses costs the sample. The account may be
/// overdrawn by `credit` plus a share of the tokens so far, so guesses that never come true slow a
/// sample down by no more than that.
package struct DraftAccount: Sendable, Equatable {
  /// The overdraft at the beginning, in plain steps.
  private static let credit = 0.35
  /// The overdraft that each token adds.
  private static let creditPerToken = 0.008
  /// How many observations of other samples count as much as the sample's own.
  private static let priorWeight = 5.0
  private static let fading = 0.92
  private static let pauseMax = 32

  /// What confirmed guesses saved, minus what guesses cost.
  private var balance = 0.0
  private var tokenCount = 0
  /// The sample's own guesses, fading, and how many of them would have been expected to come true.
  private var observed = 0.0
  private var expected = 0.0
  private var confirmed = 0.0
  private var missCount = 0
  private var pause = 0

  /// The account of a sample that begins.
  package init() {}

  /// The probability that a guess is confirmed whose probability among all samples is `share`.
  ///
  /// The odds are those of other samples, times the ratio of what this one confirmed to what was
  /// expected of it.
  package func share(_ share: Double) -> Double {
    let hits = (confirmed + Self.priorWeight * 0.5) / (expected + Self.priorWeight * 0.5)
    let misses =
      (observed - confirmed + Self.priorWeight * 0.5)
      / (observed - expected + Self.priorWeight * 0.5)
    let odds = share / max(1 - share, 1e-6) * hits / misses
    return odds / (1 + odds)
  }

  /// Whether the sample rests after guesses that did not come true.
  package var isResting: Bool { pause > 0 }

  /// How much guessing may cost now, in plain steps.
  package var affordable: Double {
    balance + Self.credit + Self.creditPerToken * Double(tokenCount)
  }

  /// Counts a step without guesses.
  package mutating func recordPlainStep() {
    tokenCount += 1
    pause = max(0, pause - 1)
  }

  /// Counts a step with guesses of these expected shares, of which `accepted` came true, and what
  /// the guesses cost.
  package mutating func record(shares: [Double], accepted: Int, cost: Double) {
    balance += Double(accepted) - cost
    tokenCount += 1 + accepted
    for (place, share) in shares.prefix(accepted + 1).enumerated() {
      observed = observed * Self.fading + 1
      expected = expected * Self.fading + share
      confirmed = confirmed * Self.fading + (place < accepted ? 1 : 0)
    }
    if accepted > 0 {
      missCount = 0
    } else {
      missCount += 1
      pause = min(Self.pauseMax, (1 << min(missCount, 6)) - 2)
    }
  }
}
