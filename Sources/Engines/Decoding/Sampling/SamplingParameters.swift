package import Methods

/// A weight that is added to a token's logit before sampling.
package struct TokenWeight: Codable, Sendable, Equatable {
  /// The token.
  package var token: Int32
  /// −100 … 100; −100 forbids the token.
  package var bias: Double

  /// Creates a weight.
  package init(token: Int32, bias: Double) {
    self.token = token
    self.bias = bias
  }
}

/// How the next token is drawn.
///
/// In this order: penalties, biases, temperature, top-k, top-p, min-p, and the draw.
package struct SamplingParameters: MethodParameters {
  /// 0: the most probable token, always; else at most 10.
  package var temperature = 0.0
  /// Draw from this many most probable tokens; 0: from all.
  package var topK = 0
  /// Draw from the most probable tokens whose probabilities sum to this, `0 < p ≤ 1`.
  package var topP = 1.0
  /// Draw from tokens with at least this share of the highest probability, 0 … 1.
  package var minP = 0.0
  /// Divides the logits of tokens that occurred (multiplies them where negative), above 0; 1
  /// changes nothing.
  package var repetitionPenalty = 1.0
  /// Subtracted from a token's logit once per occurrence, −2 … 2.
  package var frequencyPenalty = 0.0
  /// Subtracted once from the logit of a token that occurred, −2 … 2.
  package var presencePenalty = 0.0
  /// How many last tokens the penalties look at, prompt included; 0: all.
  package var penaltyWindow = 0
  /// Seeds the noise of every position.
  package var seed: UInt64 = 0
  /// At most 1024, no token twice.
  package var biases: [TokenWeight] = []

  /// Creates the parameters of greedy decoding.
  package init() {}

  /// The most biases.
  package static let biasCountMax = 1024

  /// The first setting that is out of its range.
  package var violation: ParameterViolation? {
    if let violation = check("temperature", temperature, 0...10) { return violation }
    if topK < 0 { return broken("top_k", topK, "0 or more") }
    if !(topP > 0 && topP <= 1) { return broken("top_p", topP, "above 0, up to 1") }
    if let violation = check("min_p", minP, 0...1) { return violation }
    if !(repetitionPenalty > 0 && repetitionPenalty.isFinite) {
      return broken("repetition_penalty", repetitionPenalty, "above 0")
    }
    if let violation = check("frequency_penalty", frequencyPenalty, -2...2) { return violation }
    if let violation = check("presence_penalty", presencePenalty, -2...2) { return violation }
    if penaltyWindow < 0 { return broken("penalty_window", penaltyWindow, "0 or more") }
    return biasViolation
  }

  private var biasViolation: ParameterViolation? {
    guard biases.count <= Self.biasCountMax else {
      return broken("biases", biases.count, "at most \(Self.biasCountMax)")
    }
    var seen: Set<Int32> = []
    for weight in biases {
      if let violation = check("bias", weight.bias, -100...100) { return violation }
      guard seen.insert(weight.token).inserted else {
        return broken("biases", "token \(weight.token) twice", "each token once")
      }
    }
    return nil
  }

  private func check(
    _ name: String, _ value: Double, _ range: ClosedRange<Double>
  ) -> ParameterViolation? {
    range.contains(value)
      ? nil : broken(name, value, "\(range.lowerBound) to \(range.upperBound)")
  }

  private func broken(_ name: String, _ value: Any, _ range: String) -> ParameterViolation {
    ParameterViolation(name: name, value: "\(value)", range: range)
  }
}
