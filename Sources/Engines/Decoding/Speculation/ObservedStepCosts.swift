/// What runs cost by a measured table, corrected by what they are seen to cost in the work.
///
/// A table is measured in a moment. Other work on the machine, and how fast its memory is clocked,
/// change what several tokens cost beyond one, by much the same factor for every number of them.
/// With `v` the table, `u` the usual time of a run of one token and `t` that of a run of `n`, the
/// factor is `Σ (t / u − 1) / Σ (v(n) / v(1) − 1)` over runs of several tokens, which fade,
/// together with some that the table is right about. One disturbed run changes it little.
package struct ObservedStepCosts: Sendable {
  private static let fading = 0.97
  /// What the trust in the table counts for, in plain runs of one token.
  private static let tableWeight = 2.0
  /// A run counts for at most so many times what the table says of it.
  private static let surpriseMax = 3.0
  /// How much of the usual time of one token each run replaces.
  private static let renewal = 0.125
  /// After so many runs without one of one token, its time is not known any more.
  private static let ageMax = 200

  private let table: StepCostTable
  private var usual: Double?
  private var age = 0
  private var observed = 0.0
  private var expected = 0.0

  /// Starts with what the table says.
  package init(_ table: StepCostTable) { self.table = table }

  /// The factor of what tokens beyond the first cost.
  package var factor: Double { (observed + Self.tableWeight) / (expected + Self.tableWeight) }

  /// The time of a run of `tokenCount` tokens; only ratios of such times mean something.
  package func seconds(tokenCount: Int) -> Double {
    let one = table.seconds(tokenCount: 1)
    return one + (table.seconds(tokenCount: tokenCount) - one) * factor
  }

  /// Takes the time of a run of tokens of samples alone, without prompts.
  package mutating func observe(tokenCount: Int, seconds: Double) {
    guard seconds > 0 else { return }
    age += 1
    guard tokenCount > 1 else {
      usual = usual.map { $0 + Self.renewal * (min(seconds, 2 * $0) - $0) } ?? seconds
      age = 0
      return
    }
    guard let usual, age <= Self.ageMax else { return }
    let extra = table.seconds(tokenCount: tokenCount) / table.seconds(tokenCount: 1) - 1
    let seen = min(max(0, seconds / usual - 1), Self.surpriseMax * extra)
    observed = observed * Self.fading + seen
    expected = expected * Self.fading + extra
  }
}
