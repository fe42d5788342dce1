/// Limited-memory BFGS: minimises a smooth function of a vector from its values and gradients.
///
/// The direction is `-H g`, where `H` is implied by the last `historyCount` steps and gradient
/// changes (two-loop recursion); the step along it fulfils the strong Wolfe conditions. The state
/// is kept in double precision. A starting point from an earlier minimum is the warm start.
///
/// - Cost: one evaluation of the function for most iterations, `4 · historyCount · n` operations
///   and `(2 · historyCount + 4) · n` doubles beside it.
/// - Determinism: no randomness; the same evaluations give the same bits.
/// - Source: J. Nocedal, S. Wright, *Numerical Optimization*, 2nd edition, 2006, algorithms 7.4,
///   7.5, 3.5 and 3.6. Deviation: where the value no longer resolves a decrease (single-precision
///   evaluations), the approximate Wolfe condition of W. Hager, H. Zhang, *SIAM J. Optim.* 16,
///   2005, decides by slopes alone.
package struct LBFGS: Sendable, Equatable {
  /// The number of step pairs that are kept.
  package var historyCount: Int
  /// The iterations after which the search ends unconverged.
  package var iterationCountMax: Int
  /// The search has converged when no element of the gradient is larger than this in magnitude.
  package var gradientTolerance: Double

  /// The steps in a row without progress after which the search ends.
  private static let idleCountMax = 20

  /// Creates a search; every count is at least 1 and the tolerance is not negative.
  package init(
    iterationCountMax: Int = 1000, gradientTolerance: Double = 1e-4, historyCount: Int = 10
  ) {
    precondition(historyCount >= 1, "history of \(historyCount) steps")
    precondition(iterationCountMax >= 0, "\(iterationCountMax) iterations")
    precondition(gradientTolerance >= 0, "gradient tolerance \(gradientTolerance)")
    self.historyCount = historyCount
    self.iterationCountMax = iterationCountMax
    self.gradientTolerance = gradientTolerance
  }

  /// Why a search ended.
  package enum Outcome: Sendable, Equatable {
    /// The gradient is within the tolerance.
    case converged
    /// The iterations are used up; the point is the best one met.
    case iterationLimit
    /// Steps no longer lower the value or the gradient: their precision is exhausted.
    case precisionLimit
  }

  /// Where a search ended.
  package struct Minimum: Sendable, Equatable {
    /// The point `[n]`.
    package let point: [Double]
    /// The value there.
    package let value: Double
    /// The largest magnitude in the gradient there.
    package let gradientNorm: Double
    /// The number of steps taken.
    package let iterationCount: Int
    /// The number of evaluations of the function.
    package let evaluationCount: Int
    /// Why the search ended.
    package let outcome: Outcome
  }

  /// Minimises `evaluate` from `start`.
  ///
  /// `evaluate` returns the value at a point and overwrites the gradient. A start whose value is
  /// not finite is a programming error; later points that are not finite only shorten the step.
  package func minimize(
    from start: [Double], evaluate: (_ point: [Double], _ gradient: inout [Double]) -> Double
  ) -> Minimum {
    var current = LinePoint(
      step: 0, point: start, gradient: [Double](repeating: 0, count: start.count))
    current.value = evaluate(start, &current.gradient)
    precondition(current.value.isFinite, "the value at the start is \(current.value)")
    var evaluationCount = 1
    var iterationCount = 0
    var outcome = Outcome.iterationLimit
    var history = StepHistory(capacity: historyCount)
    var progress = Progress()

    while true {
      guard maximumMagnitude(current.gradient) > gradientTolerance else {
        outcome = .converged
        break
      }
      guard progress.idleCount < Self.idleCountMax else {
        outcome = .precisionLimit
        break
      }
      guard iterationCount < iterationCountMax else { break }
      var direction = history.direction(for: current.gradient)
      current.slope = dot(direction, current.gradient)
      if current.slope >= 0 {
        // Rounding has spoilt the curvature pairs: start again from steepest descent.
        history.removeAll()
        direction = current.gradient.map { -$0 }
        current.slope = dot(direction, current.gradient)
      }
      let firstStep =
        history.isEmpty ? min(1, 1 / dot(current.gradient, current.gradient).squareRoot()) : 1
      var search = WolfeSearch(origin: current, direction: direction)
      guard let next = search.run(firstStep: firstStep, evaluate: evaluate) else {
        evaluationCount += search.evaluationCount
        guard !history.isEmpty else {
          outcome = .precisionLimit
          break
        }
        history.removeAll()
        continue
      }
      evaluationCount += search.evaluationCount
      iterationCount += 1
      history.append(from: current, to: next)
      progress.note(next)
      current = next
    }
    return Minimum(
      point: current.point, value: current.value,
      gradientNorm: maximumMagnitude(current.gradient), iterationCount: iterationCount,
      evaluationCount: evaluationCount, outcome: outcome)
  }
}

/// Whether the last steps lowered the value or the gradient by more than rounding does.
private struct Progress {
  private(set) var idleCount = 0
  private var value = Double.infinity
  private var gradientNorm = Double.infinity

  mutating func note(_ point: LinePoint) {
    let norm = maximumMagnitude(point.gradient)
    idleCount += 1
    if point.value < value - 1e-7 * abs(value) || !value.isFinite {
      value = point.value
      idleCount = 0
    }
    if norm < 0.9 * gradientNorm {
      gradientNorm = norm
      idleCount = 0
    }
  }
}

/// The last steps and gradient changes, oldest first.
private struct StepHistory {
  private let capacity: Int
  private var steps: [[Double]] = []
  private var changes: [[Double]] = []
  private var inverseCurvatures: [Double] = []

  init(capacity: Int) { self.capacity = capacity }

  var isEmpty: Bool { steps.isEmpty }

  mutating func removeAll() {
    steps = []
    changes = []
    inverseCurvatures = []
  }

  /// Keeps the pair of two points unless its curvature is not clearly positive.
  mutating func append(from old: LinePoint, to new: LinePoint) {
    let step = difference(new.point, old.point)
    let change = difference(new.gradient, old.gradient)
    let curvature = dot(step, change)
    guard curvature > 1e-10 * dot(change, change).squareRoot() * dot(step, step).squareRoot()
    else { return }
    if steps.count == capacity {
      steps.removeFirst()
      changes.removeFirst()
      inverseCurvatures.removeFirst()
    }
    steps.append(step)
    changes.append(change)
    inverseCurvatures.append(1 / curvature)
  }

  /// The two-loop recursion: `-H · gradient`.
  func direction(for gradient: [Double]) -> [Double] {
    var direction = gradient.map { -$0 }
    guard let lastStep = steps.last, let lastChange = changes.last else { return direction }
    var coefficients = [Double](repeating: 0, count: steps.count)
    for index in steps.indices.reversed() {
      coefficients[index] = inverseCurvatures[index] * dot(steps[index], direction)
      add(changes[index], scaledBy: -coefficients[index], to: &direction)
    }
    let scale = dot(lastStep, lastChange) / dot(lastChange, lastChange)
    for index in direction.indices { direction[index] *= scale }
    for index in steps.indices {
      let coefficient = inverseCurvatures[index] * dot(changes[index], direction)
      add(steps[index], scaledBy: coefficients[index] - coefficient, to: &direction)
    }
    return direction
  }
}
