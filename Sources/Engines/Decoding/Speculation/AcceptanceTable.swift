/// How often guesses came true, by length of match and place in the draft.
///
/// The entry of a match and a place is the share of tokens that were confirmed there among those
/// whose predecessors in the draft all were. Old observations fade.
package struct AcceptanceTable: Sendable, Equatable {
  /// The shares that the table begins with, by match: 1, 2, 3, 4, 5–6, 7–10, 11–16 tokens, longer.
  private static let priors = [0.25, 0.4, 0.5, 0.6, 0.7, 0.78, 0.86, 0.92]
  private static let placeCount = 4
  /// How many observations the first shares count for, and how many are remembered.
  private static let priorWeight = 12.0
  private static let weightMax = 400.0

  private var shares: [Double]
  private var weights: [Double]

  /// The table of a method that was not observed yet.
  package init() {
    shares = Self.priors.flatMap { prior in
      // A draft whose beginning came true is more likely to go on.
      (0..<Self.placeCount).map { 1 - (1 - prior) * [1, 0.8, 0.65, 0.55][$0] }
    }
    weights = shares.map { _ in Self.priorWeight }
  }

  /// The probability that the token at `place` of a draft is confirmed if those before it are.
  package func share(matchTokenCount: Int, place: Int) -> Double {
    shares[Self.index(matchTokenCount, place)]
  }

  /// Takes the outcome of a draft.
  package mutating func record(matchTokenCount: Int, proposed: Int, accepted: Int) {
    for place in 0..<min(proposed, accepted + 1) {
      let index = Self.index(matchTokenCount, place)
      weights[index] = min(weights[index] + 1, Self.weightMax)
      let outcome = place < accepted ? 1.0 : 0.0
      shares[index] += (outcome - shares[index]) / weights[index]
    }
  }

  private static func index(_ matchTokenCount: Int, _ place: Int) -> Int {
    // A token further on in the draft has the longer match of those before it.
    let bucket =
      switch matchTokenCount {
      case ...4: max(0, matchTokenCount - 1)
      case ...6: 4
      case ...10: 5
      case ...16: 6
      default: 7
      }
    return bucket * placeCount + min(place, placeCount - 1)
  }
}
