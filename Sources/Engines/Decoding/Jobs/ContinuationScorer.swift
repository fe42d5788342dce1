private import RealModule
internal import Tensors

extension ScoredContinuation {
  /// Takes the next token's place, from the logits `[vocabulary]` before it.
  mutating func append(
    _ token: Int32, _ logits: Span<Float>, _ report: TokenReport, reportsEntropies: Bool,
    on path: KernelPath
  ) {
    let sum = logSumExp(logits, on: path)
    let probability = Decoding.logProbability(logits[Int(token)], sum)
    minimumLogProbability =
      tokens.isEmpty ? probability : min(minimumLogProbability, probability)
    logProbability += Double(probability)
    tokens.append(token)
    tokenLogProbabilities.append(probability)
    if argmax(logits, on: path) != Int(token) { isGreedy = false }
    if reportsEntropies { entropies.append(entropy(logits, sum)) }
    if report.topCount > 0 { top.append(report.mostProbable(logits, sum)) }
  }
}

extension ChoiceResult {
  /// The choice among scored candidates.
  ///
  /// The shares are `softmax` of the log-probabilities, divided by the numbers of tokens where
  /// `normalizesByLength`. The mass is the sum over the candidates that do not begin with another.
  init(_ scores: [ScoredContinuation], normalizesByLength: Bool) {
    let values = scores.map {
      normalizesByLength ? $0.logProbability / Double($0.tokens.count) : $0.logProbability
    }
    var best = 0
    for (index, value) in values.enumerated() where value > values[best] { best = index }
    let highest = values[best]
    let weights = values.map { highest == -.infinity ? 1 : Double.exp($0 - highest) }
    let total = weights.reduce(0, +)
    choice = best
    self.scores = zip(scores, weights).map { score, weight in
      ScoredCandidate(
        logProbability: score.logProbability, tokenCount: score.tokens.count,
        probability: weight / total)
    }
    mass = min(
      1,
      Self.firstCandidates(scores.map(\.tokens)).reduce(0) {
        $0 + Double.exp(scores[$1].logProbability)
      })
  }

  /// The candidates that do not begin with another one.
  private static func firstCandidates(_ candidates: [[Int32]]) -> [Int] {
    // In lexicographic order a list stands right behind those that it begins with.
    let order = candidates.indices.sorted {
      candidates[$0].lexicographicallyPrecedes(candidates[$1])
    }
    var first: [Int] = []
    for index in order {
      if let last = first.last, candidates[index].starts(with: candidates[last]) { continue }
      first.append(index)
    }
    return first
  }
}
