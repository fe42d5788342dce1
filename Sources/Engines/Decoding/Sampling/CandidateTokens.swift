private import RealModule
internal import Tensors

/// The tokens that a draw may give, with their logits divided by the temperature, in any order.
///
/// Cost: a few passes over the logits, and over the candidates; only those near a cut are sorted.
struct CandidateTokens {
  /// The tokens.
  private(set) var tokens: [Int32] = []
  /// One score for each token.
  private(set) var scores: [Double] = []

  /// The tokens that remain after top-k, top-p and min-p, in this order.
  ///
  /// Top-p sums the probabilities among the tokens that top-k left; min-p compares with the highest
  /// probability. Equal scores are ordered by token, and the filters cut between equals too. NaN
  /// counts as −∞; tokens at −∞ are no candidates. A logit of +∞: the tokens at +∞; no logit above
  /// −∞: none.
  init(_ logits: Span<Float>, _ parameters: SamplingParameters, on path: KernelPath) {
    let peak = path.maximum(logits)
    let scale = 1 / parameters.temperature
    let highest = Double(peak) * scale
    guard peak.isFinite, highest.isFinite else {
      if peak > -.infinity { collect(logits, scale: 0, from: peak, path) }
      scores = scores.map { _ in 0 }
      return
    }
    let limitsCount = parameters.topK > 0 && parameters.topK < logits.count
    if limitsCount {
      gather(logits, scale: scale, peak: peak, path) { $0.tokens.count >= parameters.topK }
      cut(atWeight: Double(parameters.topK), highest) { _ in 1 }
    }
    if parameters.topP < 1 {
      func weight(_ score: Double) -> Double { Double.exp(score - highest) }
      if !limitsCount {
        let total = path.exponentialSum(logits, scale: Float(scale), largest: peak)
        gather(logits, scale: scale, peak: peak, path) { candidates in
          candidates.scores.reduce(0) { $0 + weight($1) } >= parameters.topP * total
        }
        cut(atWeight: parameters.topP * total, highest, weight)
      } else {
        let total = scores.reduce(0) { $0 + weight($1) }
        cut(atWeight: parameters.topP * total, highest, weight)
      }
    } else if !limitsCount {
      // What min-p forbids need not be looked at; the slack is for rounding.
      let depth = parameters.minP > 0 ? -Double.log(parameters.minP) + 1e-3 : .infinity
      collect(logits, scale: scale, from: Self.logit(peak, depth: depth, scale), path)
    }
    if parameters.minP > 0 {
      let lowest = highest + Double.log(parameters.minP)
      keep(scores.indices.filter { scores[$0] >= lowest })
    }
  }

  /// The tokens that can win a draw among all, if two numbers of noise differ by `noiseRange` at
  /// most; `peak` is the greatest logit.
  init(
    allOf logits: Span<Float>, temperature: Double, peak: Float, noiseRange: Double,
    on path: KernelPath
  ) {
    let scale = 1 / temperature
    collect(logits, scale: scale, from: Self.logit(peak, depth: noiseRange, scale), path)
  }

  private mutating func keep(_ places: [Int]) {
    tokens = places.map { tokens[$0] }
    scores = places.map { scores[$0] }
  }

  /// Keeps the first tokens by descending score and ascending id whose weights first sum to
  /// `target`; all where they do not.
  private mutating func cut(
    atWeight target: Double, _ highest: Double, _ weight: (Double) -> Double
  ) {
    // Buckets by score: those before the one in which the sum is reached stay, and it is sorted.
    let bucketCount = 256
    let depth = highest - (scores.min() ?? highest)
    let factor = depth > 0 && depth.isFinite ? Double(bucketCount - 1) / depth : 0
    let buckets = scores.map { min(bucketCount - 1, Int((highest - $0) * factor)) }
    let weights = scores.map(weight)
    var sums = [Double](repeating: 0, count: bucketCount)
    for (bucket, weight) in zip(buckets, weights) { sums[bucket] += weight }
    var sum = 0.0
    guard
      let last = sums.firstIndex(where: { bucket in
        if sum + bucket >= target { return true }
        sum += bucket
        return false
      })
    else { return }
    var kept = buckets.indices.filter { buckets[$0] < last }
    let order = buckets.indices.filter { buckets[$0] == last }
      .sorted { (scores[$1], tokens[$0]) < (scores[$0], tokens[$1]) }
    for place in order where sum < target {
      kept.append(place)
      sum += weights[place]
    }
    keep(kept)
  }

  /// Collects the best tokens, ever more of them until there are enough.
  private mutating func gather(
    _ logits: Span<Float>, scale: Double, peak: Float, _ path: KernelPath,
    until isEnough: (Self) -> Bool
  ) {
    var depth = 4.0
    while true {
      let lowest = Self.logit(peak, depth: depth > 1000 ? .infinity : depth, scale)
      collect(logits, scale: scale, from: lowest, path)
      if lowest == -.greatestFiniteMagnitude || isEnough(self) { return }
      depth *= 2
    }
  }

  /// The logit whose score is `depth` below that of `peak`.
  private static func logit(_ peak: Float, depth: Double, _ scale: Double) -> Float {
    // A logit of −∞ is never a candidate.
    max(-.greatestFiniteMagnitude, Float(Double(peak) - depth / scale))
  }

  private mutating func collect(
    _ logits: Span<Float>, scale: Double, from lowest: Float, _ path: KernelPath
  ) {
    path.gather(logits, from: lowest, into: &tokens)
    scores = tokens.map { Double(logits[Int($0)]) * scale }
  }
}
