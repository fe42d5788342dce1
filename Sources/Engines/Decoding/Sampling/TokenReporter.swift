private import RealModule
internal import Tensors

extension TokenReport {
  /// A token with its log-probability and, where asked for, the most probable ones.
  ///
  /// `log p = l − logsumexp(l)` over the whole vocabulary, without biases, penalties, temperature
  /// and filters. A NaN logit counts as −∞.
  func decided(_ token: Int32, _ logits: Span<Float>, on path: KernelPath) -> DecidedToken {
    let sum = logSumExp(logits, on: path)
    return DecidedToken(
      token: token, logProbability: logProbability(logits[Int(token)], sum),
      top: mostProbable(logits, sum))
  }

  /// The most probable tokens, the lowest id of equals first.
  func mostProbable(_ logits: Span<Float>, _ sum: Double) -> [TokenLikelihood] {
    guard topCount > 0 else { return [] }
    var best: [(token: Int, logit: Float)] = []
    for token in 0..<logits.count {
      let logit = logits[unchecked: token].isNaN ? -.infinity : logits[unchecked: token]
      if best.count == topCount, let last = best.last, logit <= last.logit { continue }
      let place = best.firstIndex { logit > $0.logit } ?? best.count
      best.insert((token, logit), at: place)
      if best.count > topCount { best.removeLast() }
    }
    return best.map {
      TokenLikelihood(
        token: Int32($0.token), logProbability: logProbability($0.logit, sum))
    }
  }
}

/// The log-probability of a token from its logit and the row's `logSumExp`.
///
/// −∞ for a logit that is NaN or −∞, also where all are; 0 for +∞.
func logProbability(_ logit: Float, _ sum: Double) -> Float {
  if logit.isNaN || logit == -.infinity { return -.infinity }
  return logit == .infinity ? 0 : Float(Double(logit) - sum)
}

/// The entropy of `softmax(l)` in nats: `log Σ e^l − Σ p l`.
func entropy(_ logits: Span<Float>, _ sum: Double) -> Float {
  guard sum.isFinite else { return 0 }
  var expectation = 0.0
  for token in 0..<logits.count {
    let logit = Double(logits[unchecked: token])
    let distance = logit - sum
    // Below this a term is smaller than the rounding of the sum.
    if distance > -60 { expectation += Double.exp(distance) * logit }
  }
  return Float(max(0, sum - expectation))
}
