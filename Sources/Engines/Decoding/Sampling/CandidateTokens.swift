private import RealModule

/// The tokens that a draw may give, with their logits divided by the temperature.
struct CandidateTokens {
  /// The tokens; by descending score and ascending id where a filter needed an order.
  private(set) var tokens: [Int32] = []
  /// One score for each token.
  private(set) var scores: [Double] = []

  /// The tokens that remain after top-k, top-p and min-p, in this order.
  ///
  /// Top-p sums the probabilities among the tokens that top-k left; min-p compares with the highest
  /// probability. Equal scores are ordered by token, and the filters cut between equals too. NaN
  /// counts as −∞; tokens at −∞ are no candidates. No finite logit: the tokens at +∞, or none.
  init(_ logits: Span<Float>, _ parameters: SamplingParameters) {
    guard let peak = argmax(logits) else { return }
    let scale = 1 / parameters.temperature
    let highest = Double(logits[peak]) * scale
    guard highest.isFinite else {
      for token in 0..<logits.count where logits[token] == .infinity { add(token, 0) }
      return
    }
    let limitsCount = parameters.topK > 0 && parameters.topK < logits.count
    if limitsCount {
      gather(logits, scale: scale, highest: highest) { $0.tokens.count >= parameters.topK }
      keep(parameters.topK)
    }
    if parameters.topP < 1 {
      if !limitsCount {
        let total = Double.exp(logSumExp(logits, scale: Float(scale)) - highest)
        let wanted = parameters.topP * total
        gather(logits, scale: scale, highest: highest) { $0.nucleus(of: wanted, highest) != nil }
        keep(nucleus(of: wanted, highest) ?? tokens.count)
      } else {
        let total = scores.reduce(0) { $0 + Double.exp($1 - highest) }
        keep(nucleus(of: parameters.topP * total, highest) ?? tokens.count)
      }
    } else if !limitsCount {
      collect(logits, scale: scale, from: -.infinity)
    }
    if parameters.minP > 0 {
      let lowest = highest + Double.log(parameters.minP)
      let kept = scores.indices.filter { scores[$0] >= lowest }
      tokens = kept.map { tokens[$0] }
      scores = kept.map { scores[$0] }
    }
  }

  /// The number of tokens, in order, whose probabilities first sum to `wanted`, relative to the
  /// highest one's; nil: all of them do not.
  private func nucleus(of wanted: Double, _ highest: Double) -> Int? {
    var sum = 0.0
    for (index, score) in scores.enumerated() {
      sum += Double.exp(score - highest)
      if sum >= wanted { return index + 1 }
    }
    return nil
  }

  private mutating func add(_ token: Int, _ score: Double) {
    tokens.append(Int32(truncatingIfNeeded: token))
    scores.append(score)
  }

  private mutating func keep(_ count: Int) {
    guard count < tokens.count else { return }
    tokens.removeLast(tokens.count - count)
    scores.removeLast(scores.count - count)
  }

  /// Collects the best tokens in order, ever more of them until there are enough.
  private mutating func gather(
    _ logits: Span<Float>, scale: Double, highest: Double, until isEnough: (Self) -> Bool
  ) {
    var depth = 4.0
    while true {
      let isAll = depth > 1000
      collect(logits, scale: scale, from: isAll ? -.infinity : highest - depth)
      sort()
      if isAll || isEnough(self) { return }
      depth *= 2
    }
  }

  private mutating func collect(_ logits: Span<Float>, scale: Double, from lowest: Double) {
    tokens.removeAll(keepingCapacity: true)
    scores.removeAll(keepingCapacity: true)
    for token in 0..<logits.count {
      let score = Double(logits[unchecked: token]) * scale
      if score >= lowest, score > -.infinity { add(token, score) }
    }
  }

  private mutating func sort() {
    let order = scores.indices.sorted { (scores[$1], tokens[$0]) < (scores[$0], tokens[$1]) }
    tokens = order.map { tokens[$0] }
    scores = order.map { scores[$0] }
  }
}
