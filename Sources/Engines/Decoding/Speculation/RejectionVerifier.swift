/// The rule of speculative sampling for guesses that were drawn at random.
///
/// A guess `x` that was drawn from `q` stands with probability `min(1, p(x) / q(x))`, where `p` is
/// the model's distribution after everything that shapes it; else a token of the residual `max(0, p
/// − q)`, normalised, stands. A token is thus distributed as `p` whatever `q` is. A guess without
/// `q` counts as drawn from the distribution that gives nothing else. What is generated depends on
/// the guesses, other than with `CoupledVerifier`, but a guess stands with probability `Σ min(p,
/// q)`, the highest that any rule has. Cost: a few passes over the vocabulary. Source: Leviathan,
/// Kalman and Matias, "Fast Inference from Transformers via Speculative Decoding", ICML 2023,
/// arXiv:2211.17192; Chen et al., "Accelerating Large Language Model Decoding with Speculative
/// Sampling", 2023, arXiv:2302.01318.
package struct RejectionVerifier<Chance: RandomNumberGenerator & Sendable>: Verifier {
  private var sampler: TokenSampler
  private var chance: Chance

  /// The rule for one sample, with its own randomness.
  package init(_ sampler: TokenSampler, chance: Chance) {
    self.sampler = sampler
    self.chance = chance
  }

  /// The token that stands here.
  package mutating func decide(_ guess: GuessedToken?, _ logits: Span<Float>) -> Int32 {
    let p = sampler.probabilities(logits)
    guard let guess else { return draw(p) }
    let x = Int(guess.token)
    let q = guess.probabilities
    precondition(q == nil || q?.count == p.count, "a guess over another vocabulary")
    if uniform() * (q?[x] ?? 1) < p[x] { return guess.token }
    let residual = p.indices.map { max(0, p[$0] - (q?[$0] ?? ($0 == x ? 1 : 0))) }
    return draw(residual)
  }

  /// Takes the token that stands.
  package mutating func append(_ token: Int32) { sampler.append(token) }

  private mutating func uniform() -> Double { Double(chance.next() >> 11) * 0x1p-53 }

  /// A token with a probability in proportion to its weight; the last with any by rounding.
  private mutating func draw(_ weights: [Double]) -> Int32 {
    var rest = uniform() * weights.reduce(0, +)
    var last = 0
    for (token, weight) in weights.enumerated() where weight > 0 {
      last = token
      rest -= weight
      if rest < 0 { break }
    }
    return Int32(truncatingIfNeeded: last)
  }
}
