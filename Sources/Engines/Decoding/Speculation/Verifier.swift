/// A guessed token, and what the guesser drew it from.
package struct GuessedToken: Sendable, Equatable {
  /// The token.
  package var token: Int32
  /// The guesser's probability of each token, `[vocabulary]`; nil where it guesses the one token.
  package var probabilities: [Double]?

  /// Creates a guess.
  package init(_ token: Int32, probabilities: [Double]? = nil) {
    self.token = token
    self.probabilities = probabilities
  }
}

/// Decides, place by place, which token stands.
///
/// A guess is confirmed if it is the token that stands; the next place may be looked at then. After
/// the first other token the rest of the draft is void.
package protocol Verifier: Sendable {
  /// The token that stands at the next place, from the model's logits `[vocabulary]` there and from
  /// what was guessed for it.
  mutating func decide(_ guess: GuessedToken?, _ logits: Span<Float>) -> Int32

  /// Takes the token that stands.
  mutating func append(_ token: Int32)
}

/// The rule of coupled sampling: what stands is what is drawn without guesses.
///
/// `TokenSampler` makes the draw a function of place and logits, so a guess is confirmed by
/// comparing. What is generated does not depend on guesses at all, not only in distribution.
/// A deterministic guess is confirmed with the probability that it is drawn, which no rule exceeds.
package struct CoupledVerifier: Verifier {
  private var sampler: TokenSampler

  /// The rule for one sample.
  package init(_ sampler: TokenSampler) { self.sampler = sampler }

  /// The token that is drawn here.
  package mutating func decide(_ guess: GuessedToken?, _ logits: Span<Float>) -> Int32 {
    sampler.draw(logits)
  }

  /// Takes the token that stands.
  package mutating func append(_ token: Int32) { sampler.append(token) }
}
