package import Methods

/// Tokens that may come next.
package struct Draft: Sendable, Equatable {
  /// The id of the method that guesses them.
  package var method: String
  /// The guessed tokens, in order.
  package var tokens: [Int32]
  /// How many last tokens of the text agree with the place where the guess was found.
  package var matchTokenCount: Int

  /// Creates a draft.
  package init(method: String, tokens: [Int32], matchTokenCount: Int) {
    self.method = method
    self.tokens = tokens
    self.matchTokenCount = matchTokenCount
  }
}

/// A way to guess the next tokens of one sample.
package protocol Proposer: Sendable {
  associatedtype Parameters: MethodParameters

  /// What the method is.
  static var card: MethodCard { get }

  /// Starts after `prompt`; the parameters are valid.
  init(_ parameters: Parameters, prompt: [Int32])

  /// The most tokens that the caller allows at a time, nil where the cost decides.
  var draftTokensMax: Int? { get }

  /// Whether a draft may be dropped that does not pay for itself.
  var isOptional: Bool { get }

  /// Takes the sample's next token.
  mutating func append(_ token: Int32)

  /// Guesses at most `tokensMax` tokens, at least one; nil where there is nothing to guess from.
  func draft(tokensMax: Int) -> Draft?
}

extension SpeculationMode {
  /// The proposer of a sample that continues `prompt`.
  func proposer(prompt: [Int32]) -> any Proposer {
    switch self {
    case .automatic(let parameters): Automatic(parameters, prompt: prompt)
    case .off: Off(Off.Parameters(), prompt: prompt)
    case .lookup(let parameters): Lookup(parameters, prompt: prompt)
    }
  }
}

/// What is wrong with a bound of drafts, where something is.
func draftTokensViolation(_ count: Int) -> ParameterViolation? {
  (0...Draft.tokenCountMax).contains(count)
    ? nil
    : ParameterViolation(
      name: "draft_tokens_max", value: "\(count)", range: "0 to \(Draft.tokenCountMax)")
}

extension Draft {
  /// The most tokens of a draft.
  package static let tokenCountMax = 64
}
