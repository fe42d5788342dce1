import Testing

@testable import Gradients

@Suite struct LBFGSTests {
  /// `Σ 100 (x₂ᵢ - x₂ᵢ₋₁²)² + (1 - x₂ᵢ₋₁)²`, whose minimum is 0 at all ones.
  static func rosenbrock(_ x: [Double], _ gradient: inout [Double]) -> Double {
    var value = 0.0
    for index in stride(from: 0, to: x.count, by: 2) {
      let (a, b) = (x[index], x[index + 1])
      value += 100 * (b - a * a) * (b - a * a) + (1 - a) * (1 - a)
      gradient[index] = -400 * a * (b - a * a) - 2 * (1 - a)
      gradient[index + 1] = 200 * (b - a * a)
    }
    return value
  }

  static let start = [-1.2, 1, 2, -1, 0, 3]

  @Test func `the Rosenbrock function ends at its minimum`() {
    let search = LBFGS(iterationCountMax: 500, gradientTolerance: 1e-9)
    let minimum = search.minimize(from: Self.start, evaluate: Self.rosenbrock)
    #expect(minimum.outcome == .converged)
    #expect(minimum.point.allSatisfy { abs($0 - 1) < 1e-8 }, "\(minimum)")
    #expect(minimum.evaluationCount < 120, "\(minimum.evaluationCount) evaluations")
  }

  @Test func `a quadratic of n dimensions needs few evaluations`() {
    let scales = (1...50).map { Double($0 * $0) }
    let minimum = LBFGS(gradientTolerance: 1e-8).minimize(from: scales) { x, gradient in
      var value = 0.0
      for index in x.indices {
        gradient[index] = scales[index] * (x[index] - 3)
        value += scales[index] * (x[index] - 3) * (x[index] - 3) / 2
      }
      return value
    }
    #expect(minimum.outcome == .converged)
    #expect(minimum.point.allSatisfy { abs($0 - 3) < 1e-7 })
    // SciPy's L-BFGS-B takes 434 with the same history.
    #expect(minimum.evaluationCount < 450, "\(minimum.evaluationCount) evaluations")
  }

  @Test func `the value never rises from one limit of iterations to the next`() {
    var last = Double.infinity
    for limit in 0..<60 {
      let minimum = LBFGS(iterationCountMax: limit, gradientTolerance: 0).minimize(
        from: Self.start, evaluate: Self.rosenbrock)
      #expect(minimum.value <= last, "\(limit) iterations")
      #expect(minimum.iterationCount <= limit)
      last = minimum.value
    }
  }

  @Test func `equal runs give equal bits`() {
    let search = LBFGS(iterationCountMax: 17)
    let first = search.minimize(from: Self.start, evaluate: Self.rosenbrock)
    let second = search.minimize(from: Self.start, evaluate: Self.rosenbrock)
    #expect(first == second)
    #expect(first.outcome == .iterationLimit)
  }

  @Test func `a start at the minimum takes no step`() {
    let ones = [Double](repeating: 1, count: 6)
    let minimum = LBFGS().minimize(from: ones, evaluate: Self.rosenbrock)
    #expect(minimum.iterationCount == 0)
    #expect(minimum.evaluationCount == 1)
    #expect(minimum.point == ones)
  }

  @Test func `an empty vector is its own minimum`() {
    #expect(LBFGS().minimize(from: []) { _, _ in 4 }.value == 4)
  }

  @Test func `values without resolution end the search instead of looping`() {
    // The value is quantised far above the tolerance, the gradient points uphill half the time.
    let minimum = LBFGS(iterationCountMax: 1000, gradientTolerance: 1e-12).minimize(from: [5]) {
      x, gradient in
      gradient[0] = 2 * x[0]
      return (x[0] * x[0] * 100).rounded() / 100
    }
    #expect(abs(minimum.point[0]) < 0.2, "\(minimum)")
  }

  @Test func `points that are not finite only shorten the step`() {
    // log(x) + 1/x has its minimum at 1 and is not defined at 0 and below.
    let minimum = LBFGS(gradientTolerance: 1e-9).minimize(from: [0.05]) { x, gradient in
      guard x[0] > 0 else {
        gradient[0] = .nan
        return .nan
      }
      gradient[0] = 1 / x[0] - 1 / (x[0] * x[0])
      return logarithm(x[0]) + 1 / x[0]
    }
    #expect(minimum.outcome == .converged)
    #expect(abs(minimum.point[0] - 1) < 1e-7, "\(minimum)")
  }

  @Test func `a start that is not finite is refused`() async {
    await #expect(processExitsWith: .failure) {
      _ = LBFGS().minimize(from: [1]) { _, _ in .nan }
    }
  }
}

/// The natural logarithm by a series, to keep this file free of Foundation.
private func logarithm(_ x: Double) -> Double {
  let exponent = Double(x.exponent)
  let y = (x.significand - 1) / (x.significand + 1)
  var (sum, power) = (0.0, y)
  for order in stride(from: 1.0, to: 60, by: 2) {
    sum += power / order
    power *= y * y
  }
  return 2 * sum + exponent * 0.693147180559945309417232
}
