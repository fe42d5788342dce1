package import Methods

/// Guesses where it pays: the source with the longest match, and as many tokens as bring the most
/// expected tokens per cost, none included.
///
/// The length is decided by `DraftController` from the measured cost of several tokens at once and
/// from how often guesses came true. Source: T. Chen et al., Sequoia, 2024, arXiv:2402.12374, for
/// choosing the size of a draft by the hardware's measured cost. Deviations: chains instead of
/// trees, acceptance by length of match, and a bound on what guessing may cost.
package struct Automatic: Proposer {
  /// The settings of the automatic choice.
  package struct Parameters: MethodParameters {
    /// The most tokens guessed at a time, 1 … 64; 0: what the measured cost allows.
    package var draftTokensMax = 0

    /// Creates the defaults.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? { draftTokensViolation(draftTokensMax) }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "automatic", title: "Automatic speculation",
    source: "Chen et al., Sequoia: Scalable, Robust, and Hardware-aware Speculative Decoding, 2024",
    needs: [],
    summary: "Guesses with the method and length that pay most, and not at all where none does.")

  private let parameters: Parameters
  private var lookup: Lookup

  /// Starts after `prompt`.
  package init(_ parameters: Parameters, prompt: [Int32]) {
    self.parameters = parameters
    lookup = Lookup(Lookup.Parameters(), prompt: prompt)
  }

  /// The most tokens that the settings allow, nil for what the cost allows.
  package var draftTokensMax: Int? {
    parameters.draftTokensMax > 0 ? parameters.draftTokensMax : nil
  }
  /// A guess that does not pay is dropped.
  package var isOptional: Bool { true }

  /// Takes the sample's next token.
  package mutating func append(_ token: Int32) { lookup.append(token) }

  /// The best source's guess.
  package func draft(tokensMax: Int) -> Draft? { lookup.draft(tokensMax: tokensMax) }
}
