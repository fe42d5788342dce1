/// A point on a search line with its value, gradient and slope along the line.
struct LinePoint {
  var step: Double
  var point: [Double]
  var gradient: [Double]
  var value = Double.infinity
  var slope = 0.0
}

/// A line search for the strong Wolfe conditions, by bracketing and cubic interpolation.
struct WolfeSearch {
  /// The share of the predicted decrease that a step must bring.
  private static let sufficientDecrease = 1e-4
  /// The share of the first slope that may be left.
  private static let curvature = 0.9
  /// A value counts as unchanged within this share of its magnitude: sums of products in single
  /// precision resolve no more.
  private static let valueResolution = 1e-6
  private static let evaluationCountMax = 30

  private let origin: LinePoint
  private let direction: [Double]
  private(set) var evaluationCount = 0

  init(origin: LinePoint, direction: [Double]) {
    self.origin = origin
    self.direction = direction
  }

  /// The first point found that fulfils the conditions, else the lowest below the origin, else nil.
  mutating func run(
    firstStep: Double, evaluate: (_ point: [Double], _ gradient: inout [Double]) -> Double
  ) -> LinePoint? {
    var low = origin
    low.step = 0
    var high: LinePoint?
    var step = firstStep
    var lowest: LinePoint?
    while evaluationCount < Self.evaluationCountMax {
      let trial = point(at: step, evaluate: evaluate)
      guard trial.value.isFinite, trial.slope.isFinite else {
        step = low.step + (step - low.step) / 4
        continue
      }
      if isAcceptable(trial) { return trial }
      if trial.value < (lowest?.value ?? origin.value) { lowest = trial }
      if !isBelow(trial, low) {
        high = trial
      } else {
        if let upper = high {
          if trial.slope * (upper.step - low.step) >= 0 { high = low }
        } else if trial.slope >= 0 {
          high = low
        }
        low = trial
      }
      guard let upper = high else {
        step = trial.step * 2
        continue
      }
      let width = abs(upper.step - low.step)
      guard width > 1e-12 * max(1, low.step) else { break }
      step = Self.interpolatedStep(between: low, and: upper)
    }
    return lowest
  }

  private mutating func point(
    at step: Double, evaluate: (_ point: [Double], _ gradient: inout [Double]) -> Double
  ) -> LinePoint {
    evaluationCount += 1
    var trial = LinePoint(step: step, point: origin.point, gradient: origin.gradient)
    add(direction, scaledBy: step, to: &trial.point)
    trial.value = evaluate(trial.point, &trial.gradient)
    trial.slope = dot(direction, trial.gradient)
    return trial
  }

  private func isDecreaseSufficient(_ trial: LinePoint) -> Bool {
    trial.value <= origin.value + Self.sufficientDecrease * trial.step * origin.slope
  }

  private func isUnchanged(_ trial: LinePoint) -> Bool {
    abs(trial.value - origin.value) <= Self.valueResolution * abs(origin.value)
  }

  /// Whether the minimum is not known to lie between `low` and `trial` from its value.
  private func isBelow(_ trial: LinePoint, _ low: LinePoint) -> Bool {
    if isUnchanged(trial) { return true }
    return isDecreaseSufficient(trial) && (low.step == 0 || trial.value < low.value)
  }

  private func isAcceptable(_ trial: LinePoint) -> Bool {
    if isDecreaseSufficient(trial), abs(trial.slope) <= -Self.curvature * origin.slope {
      return true
    }
    return isUnchanged(trial) && trial.slope >= Self.curvature * origin.slope
      && trial.slope <= (2 * Self.sufficientDecrease - 1) * origin.slope
  }

  /// The minimum of the cubic through both ends, kept off them by a tenth of the width.
  private static func interpolatedStep(between low: LinePoint, and high: LinePoint) -> Double {
    let width = high.step - low.step
    let d1 = low.slope + high.slope - 3 * (low.value - high.value) / (low.step - high.step)
    let radicand = d1 * d1 - low.slope * high.slope
    var step = low.step + width / 2
    if radicand >= 0 {
      let d2 = (width < 0 ? -1.0 : 1.0) * radicand.squareRoot()
      let denominator = high.slope - low.slope + 2 * d2
      if denominator != 0 {
        let candidate = high.step - width * (high.slope + d2 - d1) / denominator
        if candidate.isFinite { step = candidate }
      }
    }
    let bounds = [low.step + width / 10, high.step - width / 10].sorted()
    return min(max(step, bounds[0]), bounds[1])
  }
}
