private import RealModule
package import Tensors

/// Draws the tokens of one sample, each from the logits of its place.
///
/// The token with the greatest `l' / T + g` among the candidates, where `l'` are the logits after
/// penalties and biases, `T` the temperature and `g` Gumbel noise that is a function of seed,
/// sample index, position and token; the lowest id of equals. At `T = 0`: the greatest `l'`. A draw
/// is thus a function of its logits, the tokens before it and the parameters, and whoever guesses
/// the token can be checked by comparing. Where no logit is above −∞ (NaN counts as −∞) the draw is
/// token 0. Cost: one pass over the logits where greedy, about three where filtered.
package struct TokenSampler: Sendable {
  /// How tokens are drawn.
  package let parameters: SamplingParameters
  private let sampleIndex: Int
  private let path: KernelPath
  private let hasPenalties: Bool
  private var occurrences: TokenOccurrences
  private var position = 0
  private var adjusted: [Float] = []

  /// The sampler of sample `sampleIndex` after `prompt`; the parameters are valid.
  package init(
    _ parameters: SamplingParameters, sampleIndex: Int, prompt: [Int32],
    on path: KernelPath = .best
  ) {
    self.parameters = parameters
    self.path = path
    self.sampleIndex = sampleIndex
    occurrences = TokenOccurrences(window: parameters.penaltyWindow)
    hasPenalties =
      parameters.repetitionPenalty != 1 || parameters.frequencyPenalty != 0
      || parameters.presencePenalty != 0
    if hasPenalties { for token in prompt { occurrences.append(token) } }
  }

  /// Takes the sample's next token, which need not be the one that was drawn.
  package mutating func append(_ token: Int32) {
    position += 1
    if hasPenalties { occurrences.append(token) }
  }

  /// The token that follows, from the logits `[vocabulary]` of its place.
  package mutating func draw(_ logits: Span<Float>) -> Int32 {
    guard changesLogits else { return choose(logits) }
    adjust(logits)
    return choose(adjusted.span)
  }

  /// The probability of each token at this place, `[vocabulary]`, after everything but the noise.
  package mutating func probabilities(_ logits: Span<Float>) -> [Double] {
    adjust(logits)
    var probabilities = [Double](repeating: 0, count: logits.count)
    guard parameters.temperature > 0 else {
      probabilities[argmax(adjusted.span, on: path) ?? 0] = 1
      return probabilities
    }
    let candidates = CandidateTokens(adjusted.span, parameters, on: path)
    guard let highest = candidates.scores.max() else {
      probabilities[0] = 1
      return probabilities
    }
    let weights = candidates.scores.map { Double.exp($0 - highest) }
    let total = weights.reduce(0, +)
    for (token, weight) in zip(candidates.tokens, weights) {
      probabilities[Int(token)] = weight / total
    }
    return probabilities
  }

  private var changesLogits: Bool { hasPenalties || !parameters.biases.isEmpty }

  private mutating func adjust(_ logits: Span<Float>) {
    adjusted.removeAll(keepingCapacity: true)
    logits.withUnsafeBufferPointer { adjusted.append(contentsOf: $0) }
    for (token, count) in occurrences.counts where adjusted.indices.contains(Int(token)) {
      let logit = Double(adjusted[Int(token)])
      let penalty = parameters.repetitionPenalty
      let scaled = logit > 0 ? logit / penalty : logit * penalty
      let subtracted =
        parameters.frequencyPenalty * Double(count) + parameters.presencePenalty
      adjusted[Int(token)] = Float(scaled - subtracted)
    }
    for weight in parameters.biases where adjusted.indices.contains(Int(weight.token)) {
      let logit = adjusted[Int(weight.token)]
      adjusted[Int(weight.token)] = weight.bias == -100 ? -.infinity : logit + Float(weight.bias)
    }
  }

  private func choose(_ logits: Span<Float>) -> Int32 {
    guard let peak = argmax(logits, on: path) else { return 0 }
    guard parameters.temperature > 0, logits[peak].isFinite else { return Int32(peak) }
    let noise = GumbelNoise(
      seed: parameters.seed, sampleIndex: sampleIndex, position: position)
    if parameters.topK > 0 || parameters.topP < 1 || parameters.minP > 0 {
      return choose(CandidateTokens(logits, parameters, on: path), noise)
    }
    let scale = 1 / parameters.temperature
    if abs(Double(logits[peak]) * scale) < 4096 {
      return Int32(noise.winner(logits, peak: peak, scale: scale, on: path))
    }
    let candidates = CandidateTokens(
      allOf: logits, temperature: parameters.temperature, peak: logits[peak],
      noiseRange: GumbelNoise.range, on: path)
    return choose(candidates, noise)
  }

  /// The candidate with the greatest score and noise, the lowest id of equals.
  private func choose(_ candidates: CandidateTokens, _ noise: GumbelNoise) -> Int32 {
    var best = -Double.infinity
    var choice = candidates.tokens.first ?? 0
    for (token, score) in zip(candidates.tokens, candidates.scores) {
      guard score + noise.bound(Int(token)) >= best else { continue }
      let key = score + noise(Int(token))
      if key > best || key == best && token < choice {
        best = key
        choice = token
      }
    }
    return choice
  }
}
