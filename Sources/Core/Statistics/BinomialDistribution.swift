private import RealModule

/// The number of successes of `count` independent trials that each succeed with `probability`.
package struct BinomialDistribution: Sendable, Equatable {
  /// The number of trials.
  package let count: Int
  /// The probability of a success.
  package let probability: Double

  /// Creates a distribution.
  package init(count: Int, probability: Double) {
    precondition(count >= 0, "\(count) trials")
    precondition(probability >= 0 && probability <= 1, "probability \(probability)")
    self.count = count
    self.probability = probability
  }

  /// The probability of at most `successes` successes: `I_{1-p}(n - k, k + 1)`.
  package func cumulative(at successes: Int) -> Double {
    if successes < 0 { return 0 }
    if successes >= count { return 1 }
    return BetaDistribution(alpha: Double(count - successes), beta: Double(successes + 1))
      .cumulative(at: 1 - probability)
  }
}

/// A p-value of the hypothesis that a mean loss is above `limit`, from losses in `0...1`.
///
/// For losses of 0 and 1 it is the exact binomial tail. For others it is the smaller of the bounds
/// of Hoeffding, `exp(-n · kl(min(R, α), α))`, and of Bentkus, `e · P(Bin(n, α) ≤ ⌈n R⌉)`. No loss
/// gives 1.
/// Source: A. Angelopoulos et al., Learn then Test, 2021, arXiv 2110.01052, section 3.1; S. Bates
/// et al., Distribution-free, Risk-controlling Prediction Sets, JACM, 2021.
package func riskPValue(lossSum: Double, count: Int, isBinary: Bool, limit: Double) -> Double {
  precondition(limit > 0 && limit < 1, "limit \(limit)")
  guard count > 0 else { return 1 }
  let distribution = BinomialDistribution(count: count, probability: limit)
  if isBinary { return distribution.cumulative(at: Int(lossSum.rounded())) }
  let risk = min(lossSum / Double(count), 1)
  let hoeffding = Double.exp(-Double(count) * bernoulliDivergence(min(risk, limit), limit))
  let bentkus = Double.exp(1) * distribution.cumulative(at: Int((lossSum - 1e-9).rounded(.up)))
  return min(hoeffding, bentkus, 1)
}

/// The Kullback–Leibler divergence of Bernoulli(`first`) from Bernoulli(`second`), in nats.
private func bernoulliDivergence(_ first: Double, _ second: Double) -> Double {
  func term(_ p: Double, _ q: Double) -> Double { p > 0 ? p * Double.log(p / q) : 0 }
  return term(first, second) + term(1 - first, 1 - second)
}

/// The interval of Wilson for a share of `count` trials, at 95 %; all of `0...1` without trials.
///
/// Source: E. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA,
/// 1927.
package func wilsonInterval(share: Double, count: Double) -> ClosedRange<Double> {
  guard count > 0 else { return 0...1 }
  let z = 1.959_963_984_540_054
  let squared = z * z / count
  let centre = (share + squared / 2) / (1 + squared)
  let spread = z * max(share * (1 - share) / count + squared / (4 * count), 0).squareRoot()
  let half = spread / (1 + squared)
  return max(min(centre - half, share), 0)...min(max(centre + half, share), 1)
}
