package import Methods

/// How tokens are guessed before the model confirms them; never changes what is generated.
package enum SpeculationMode: Sendable, Equatable {
  /// Source and length with the most expected tokens per cost, none included.
  case automatic(Automatic.Parameters)
  /// One token a step.
  case off
  /// Continuations of repeated text in prompt and output.
  case lookup(Lookup.Parameters)

  /// The first setting that is out of its range.
  package var violation: ParameterViolation? {
    switch self {
    case .automatic(let parameters): parameters.violation
    case .off: nil
    case .lookup(let parameters): parameters.violation
    }
  }
}
