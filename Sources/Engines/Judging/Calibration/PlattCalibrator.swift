private import RealModule

/// The logistic curve `1 / (1 + exp(-(a s + b)))` of largest likelihood, for few labelled answers.
///
/// Outcomes are drawn in by Platt's prior, to `(n₊ + 1) / (n₊ + 2)` and `1 / (n₋ + 2)`, so that the
/// curve stays finite where scores separate right from wrong. A curve that falls is made flat: a
/// calibration must not turn the judge's order around. The interval is that of the normal
/// approximation of `a s + b`.
/// Source: J. Platt, Probabilistic Outputs for Support Vector Machines, 1999; H.-T. Lin et al., A
/// Note on Platt's Probabilistic Outputs, Machine Learning, 2007 (Newton's method with a line
/// search). Cost: a few passes.
package struct PlattCalibrator: Calibrator {
  /// Mean and deviation of the scores, slope and intercept over the standardised score, and the
  /// covariance of the two: `[slope², slope · intercept, intercept²]`.
  package let state: [Double]

  /// Fits the curve.
  package init(scores: [Double], outcomes: [Double]) throws(CalibrationError) {
    try checkCalibration(scores: scores, outcomes: outcomes)
    let count = Double(scores.count)
    let mean = scores.reduce(0, +) / count
    let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let deviation = variance.squareRoot()
    // Scores that differ in their last digit only have no spread to divide by.
    guard deviation > 0 else { throw .constantScores(mean) }
    let positives = outcomes.reduce(0, +)
    let high = (positives + 1) / (positives + 2)
    let low = 1 / (count - positives + 2)
    var curve = LogisticCurve(
      scores: scores.map { ($0 - mean) / deviation },
      targets: outcomes.map { $0 * high + (1 - $0) * low })
    curve.fit()
    if curve.slope < 0 { curve.flatten() }
    state = [mean, deviation, curve.slope, curve.intercept] + curve.covariance
  }

  /// Restores a curve.
  package init(state: [Double]) throws(CalibrationError) {
    guard state.count == 7, state.allSatisfy(\.isFinite), state[1] > 0 else {
      throw .state(count: state.count)
    }
    self.state = state
  }

  /// The slope over the score as it is.
  package var slope: Double { state[2] / state[1] }

  /// The intercept over the score as it is.
  package var intercept: Double { state[3] - state[2] * state[0] / state[1] }

  /// The value of the curve.
  package func probability(of score: Double) -> CalibratedProbability {
    let x = (score - state[0]) / state[1]
    let centre = state[2] * x + state[3]
    let variance = state[4] * x * x + 2 * state[5] * x + state[6]
    let half = 1.959_963_984_540_054 * max(variance, 0).squareRoot()
    return CalibratedProbability(
      value: logistic(centre), lower: logistic(centre - half), upper: logistic(centre + half))
  }
}

private func logistic(_ x: Double) -> Double {
  x >= 0 ? 1 / (1 + Double.exp(-x)) : Double.exp(x) / (1 + Double.exp(x))
}

/// The log-likelihood of a logistic curve over standardised scores, and its maximum.
private struct LogisticCurve {
  let scores: [Double]
  let targets: [Double]
  var slope = 0.0
  var intercept = 0.0
  private(set) var covariance = [0.0, 0.0, 0.0]

  init(scores: [Double], targets: [Double]) {
    self.scores = scores
    self.targets = targets
  }

  mutating func fit() {
    var loss = loss(slope, intercept)
    for _ in 0..<100 {
      let (gradient, curvature) = derivatives()
      let determinant = curvature.0 * curvature.2 - curvature.1 * curvature.1
      guard determinant > 0 else { break }
      let slopeStep = (curvature.2 * gradient.0 - curvature.1 * gradient.1) / determinant
      let interceptStep = (curvature.0 * gradient.1 - curvature.1 * gradient.0) / determinant
      var scale = 1.0
      var improved = self.loss(slope - slopeStep, intercept - interceptStep)
      while improved > loss, scale > 1e-10 {
        scale /= 2
        improved = self.loss(slope - scale * slopeStep, intercept - scale * interceptStep)
      }
      guard improved <= loss else { break }
      slope -= scale * slopeStep
      intercept -= scale * interceptStep
      loss = improved
      if abs(slopeStep) + abs(interceptStep) < 1e-12 { break }
    }
    let (_, curvature) = derivatives()
    let determinant = curvature.0 * curvature.2 - curvature.1 * curvature.1
    guard determinant > 0 else { return }
    covariance = [
      curvature.2 / determinant, -curvature.1 / determinant, curvature.0 / determinant,
    ]
  }

  /// The best curve without a slope.
  mutating func flatten() {
    let mean = targets.reduce(0, +) / Double(targets.count)
    slope = 0
    intercept = Double.log(mean / (1 - mean))
    covariance = [0, 0, 1 / (Double(targets.count) * mean * (1 - mean))]
  }

  private func loss(_ slope: Double, _ intercept: Double) -> Double {
    var sum = 0.0
    for (score, target) in zip(scores, targets) {
      let x = slope * score + intercept
      // -t log σ(x) - (1 - t) log σ(-x)
      sum += max(x, 0) - target * x + Double.log(onePlus: Double.exp(-abs(x)))
    }
    return sum
  }

  /// The gradient (slope, intercept) and the Hessian (slope², slope · intercept, intercept²).
  private func derivatives() -> ((Double, Double), (Double, Double, Double)) {
    var gradient = (0.0, 0.0)
    var curvature = (0.0, 0.0, 0.0)
    for (score, target) in zip(scores, targets) {
      let probability = logistic(slope * score + intercept)
      let difference = probability - target
      gradient.0 += difference * score
      gradient.1 += difference
      let weight = probability * (1 - probability)
      curvature.0 += weight * score * score
      curvature.1 += weight * score
      curvature.2 += weight
    }
    return (gradient, curvature)
  }
}
