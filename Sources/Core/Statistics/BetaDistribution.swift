private import RealModule

/// The beta distribution on `0...1` with shapes `alpha` and `beta`, both above zero.
package struct BetaDistribution: Sendable, Equatable {
  /// The first shape.
  package let alpha: Double
  /// The second shape.
  package let beta: Double

  /// Creates a distribution.
  package init(alpha: Double, beta: Double) {
    precondition(alpha > 0 && beta > 0, "shapes \(alpha) and \(beta)")
    self.alpha = alpha
    self.beta = beta
  }

  /// The probability that a draw is at most `x`: the regularised incomplete beta function.
  ///
  /// By Lentz's evaluation of the continued fraction, to an absolute error below 1e-9 for shapes
  /// up to a million (the logarithms of the gamma function lose the last digits).
  /// Source: W. Press et al., Numerical Recipes, 3rd edition, 2007, section 6.4.
  package func cumulative(at x: Double) -> Double {
    if x <= 0 { return 0 }
    if x >= 1 { return 1 }
    let logFactor =
      Double.logGamma(alpha + beta) - Double.logGamma(alpha) - Double.logGamma(beta)
      + alpha * Double.log(x) + beta * Double.log(onePlus: -x)
    let factor = Double.exp(logFactor)
    if x < (alpha + 1) / (alpha + beta + 2) {
      return factor * Self.continuedFraction(x, alpha, beta) / alpha
    }
    return 1 - factor * Self.continuedFraction(1 - x, beta, alpha) / beta
  }

  /// The continued fraction of the incomplete beta function at `x` for shapes `a` and `b`.
  private static func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func kept(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / kept(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...100_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / kept(1 + even * d)
      c = kept(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / kept(1 + odd * d)
      c = kept(1 + odd / c)
      result *= d * c
      if abs(d * c - 1) < 1e-15 { break }
    }
    return result
  }
}
