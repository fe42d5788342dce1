package import Methods

/// Guesses nothing: one token a step.
///
/// Source: the plain autoregressive decoding that every other method must equal. Cost: none.
package struct Off: Proposer {
  /// No settings.
  package struct Parameters: MethodParameters {
    /// Creates the defaults.
    package init() {}

    /// Nothing can be wrong.
    package var violation: ParameterViolation? { nil }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "off", title: "No speculation",
    source: "Radford et al., Language Models are Unsupervised Multitask Learners, 2019",
    needs: [],
    summary: "One token a step.")

  /// Starts a sample.
  package init(_ parameters: Parameters, prompt: [Int32]) {}

  /// Nothing is guessed.
  package var draftTokensMax: Int? { 0 }
  /// Nothing is guessed.
  package var isOptional: Bool { true }

  /// Takes the sample's next token.
  package mutating func append(_ token: Int32) {}

  /// Nothing.
  package func draft(tokensMax: Int) -> Draft? { nil }
}
