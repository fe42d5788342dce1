package import Methods

/// When a sample ends, besides at the deadline of its job and at the end of the context.
package struct StopConditions: MethodParameters {
  /// The most tokens of one sample, at least 1.
  package var tokensMax = 512
  /// End before the first of these in the text, also where one straddles tokens.
  package var strings: [String] = []
  /// End after one of these tokens.
  package var tokens: [Int32] = []
  /// Go on past the model's end tokens.
  package var ignoresEndTokens = false

  /// Creates the defaults.
  package init() {}

  /// The most stop strings.
  package static let stringCountMax = 16
  /// The longest stop string, in bytes of UTF-8.
  package static let stringBytesMax = 256
  /// The most stop tokens.
  package static let tokenCountMax = 64

  /// The first setting that is out of its range.
  package var violation: ParameterViolation? {
    if tokensMax < 1 {
      return ParameterViolation(name: "tokens_max", value: "\(tokensMax)", range: "at least 1")
    }
    if strings.count > Self.stringCountMax {
      return ParameterViolation(
        name: "strings", value: "\(strings.count)", range: "at most \(Self.stringCountMax)")
    }
    if let odd = strings.first(where: { !(1...Self.stringBytesMax).contains($0.utf8.count) }) {
      return ParameterViolation(
        name: "strings", value: "\(odd.utf8.count) bytes", range: "1 to \(Self.stringBytesMax)")
    }
    if tokens.count > Self.tokenCountMax {
      return ParameterViolation(
        name: "token_ids", value: "\(tokens.count)", range: "at most \(Self.tokenCountMax)")
    }
    return nil
  }
}

/// Why a sample ended.
package enum EndReason: Sendable, Equatable {
  /// One of the model's end tokens.
  case endToken
  /// This stop string.
  case stopString(String)
  /// One of the stop tokens.
  case stopToken
  /// As many tokens as allowed.
  case tokenLimit
  /// The context is full.
  case contextFull
  /// The deadline of the job.
  case deadline
}
