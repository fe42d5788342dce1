import Foundation
import Statistics
import TestSupport
import Testing

@testable import Judging

private struct CalibratorGolden: Decodable {
  struct Case: Decodable {
    let scores: [Double]
    let outcomes: [Double]
    let points: [Double]
    let isotonic: [Double]
    let slope: Double
    let intercept: Double
    let platt: [Double]
  }
  let cases: [Case]
  let probabilities: [Double]
  let outcomes: [Double]
  let expectedCalibrationError: Double
  let brier: Double
  let negativeLogLikelihood: Double
}

@Suite struct IsotonicCalibratorTests {
  @Test func `the steps equal scikit-learn's`() throws {
    for sample in try golden("calibrators", as: CalibratorGolden.self).cases {
      let steps = try IsotonicCalibrator(scores: sample.scores, outcomes: sample.outcomes)
      for (point, expected) in zip(sample.points, sample.isotonic) {
        #expect(abs(steps.probability(of: point).value - expected) < 1e-9, "at \(point)")
      }
    }
  }

  @Test func `probabilities never fall, lie in their intervals and survive their state`() throws {
    var random = SplitMix64(seed: 1)
    let scores = (0..<100).map { _ in (random.uniform() * 20).rounded() }
    let outcomes = scores.map { random.uniform() * 20 < $0 ? 1.0 : 0 }
    let steps = try IsotonicCalibrator(scores: scores, outcomes: outcomes)
    let restored = try IsotonicCalibrator(state: steps.state)
    var last = 0.0
    for point in stride(from: -3.0, through: 24, by: 0.25) {
      let probability = steps.probability(of: point)
      #expect(probability.value >= last)
      #expect(probability.lower <= probability.value && probability.value <= probability.upper)
      #expect(restored.probability(of: point) == probability)
      last = probability.value
    }
  }

  @Test func `a state that is none is refused`() {
    for state in [[], [1, 2, 3], [1, 0, 0, 0, 1, 1, 1, 1], [.nan, 0, 0, 0]] {
      #expect(throws: CalibrationError.self) { try IsotonicCalibrator(state: state) }
    }
  }
}

@Suite struct PlattCalibratorTests {
  @Test func `the curve equals scikit-learn's`() throws {
    for sample in try golden("calibrators", as: CalibratorGolden.self).cases {
      let curve = try PlattCalibrator(scores: sample.scores, outcomes: sample.outcomes)
      #expect(abs(curve.slope - sample.slope) < 2e-4)
      #expect(abs(curve.intercept - sample.intercept) < 2e-4)
      for (point, expected) in zip(sample.points, sample.platt) {
        #expect(abs(curve.probability(of: point).value - expected) < 1e-4, "at \(point)")
      }
    }
  }

  @Test func `its interval covers the truth about 95 times in 100`() throws {
    var random = SplitMix64(seed: 6)
    var hits = 0
    for _ in 0..<400 {
      let scores = random.normals(200).map(Double.init)
      let outcomes = scores.map { random.uniform() < logistic(0.7 * $0 + 0.2) ? 1.0 : 0 }
      let curve = try PlattCalibrator(scores: scores, outcomes: outcomes)
      let found = curve.probability(of: 0.5)
      #expect(found.lower <= found.value && found.value <= found.upper)
      if (found.lower...found.upper).contains(logistic(0.7 * 0.5 + 0.2)) { hits += 1 }
    }
    #expect(abs(Double(hits) / 400 - 0.95) < 0.03, "\(hits) of 400")
  }

  @Test func `separated scores stay finite and a falling curve becomes flat`() throws {
    let scores = (0..<40).map(Double.init)
    let rising = try PlattCalibrator(scores: scores, outcomes: scores.map { $0 < 20 ? 0 : 1 })
    #expect(rising.state.allSatisfy(\.isFinite) && rising.slope > 0)
    let falling = try PlattCalibrator(scores: scores, outcomes: scores.map { $0 < 20 ? 1 : 0 })
    #expect(falling.probability(of: 0) == falling.probability(of: 39))
    #expect(abs(falling.probability(of: 5).value - 0.5) < 1e-9)
    let restored = try PlattCalibrator(state: rising.state)
    #expect(restored.probability(of: 7) == rising.probability(of: 7))
    #expect(throws: CalibrationError.self) { try PlattCalibrator(state: [0, 0, 1, 1, 1, 1, 1]) }
  }
}

@Suite struct CalibrationMethodTests {
  @Test(arguments: CalibrationMethod.allCases)
  func `what cannot be calibrated is refused`(method: CalibrationMethod) {
    let scores = (0..<30).map(Double.init)
    let outcomes = scores.map { Double(Int($0) % 2) }
    func refusal(_ scores: [Double], _ outcomes: [Double]) -> CalibrationError? {
      do throws(CalibrationError) {
        _ = try method.fitted(scores: scores, outcomes: outcomes)
        return nil
      } catch {
        return error
      }
    }
    #expect(refusal(scores, outcomes) == nil)
    #expect(
      refusal(Array(scores.prefix(19)), Array(outcomes.prefix(19)))
        == .tooFew(count: 19, required: 20))
    #expect(refusal([Double](repeating: 2, count: 30), outcomes) == .constantScores(2))
    #expect(refusal(scores, [Double](repeating: 1, count: 30)) == .oneOutcome(1))
    #expect(refusal([.nan] + scores.dropLast(), outcomes) == .invalid(index: 0))
    #expect(refusal(scores, [2] + outcomes.dropLast()) == .invalid(index: 0))
    #expect(CalibrationMethod.automatic(itemCount: 999) == .platt)
    #expect(CalibrationMethod.automatic(itemCount: 1000) == .isotonic)
  }

  @Test func `errors of probabilities equal scikit-learn's`() throws {
    let golden = try golden("calibrators", as: CalibratorGolden.self)
    let quality = CalibrationQuality(
      probabilities: golden.probabilities, outcomes: golden.outcomes)
    #expect(abs(quality.expectedCalibrationError - golden.expectedCalibrationError) < 1e-12)
    #expect(abs(quality.brierScore - golden.brier) < 1e-12)
    #expect(abs(quality.negativeLogLikelihood - golden.negativeLogLikelihood) < 1e-9)
    #expect(quality.bins.count == 15)
  }

  @Test(arguments: CalibrationMethod.allCases)
  func `cross-fitted probabilities of a useful score are nearly calibrated`(
    method: CalibrationMethod
  ) throws {
    var random = SplitMix64(seed: 9)
    let scores = random.normals(1500).map(Double.init)
    let outcomes = scores.map { random.uniform() < logistic(1.5 * $0) ? 1.0 : 0 }
    let prompts = scores.indices.map { "prompt \($0 / 3)" }
    let quality = try CalibrationQuality(
      method, scores: scores, outcomes: outcomes, prompts: prompts)
    #expect(quality.expectedCalibrationError < 0.06)
    #expect(quality.brierScore < 0.2)
    // Noise has nothing to tell: the best it can say is the base rate.
    let noise = try CalibrationQuality(
      method, scores: random.normals(1500).map(Double.init), outcomes: outcomes, prompts: prompts)
    #expect(noise.brierScore > 0.24 && noise.brierScore < 0.27)
  }
}

private func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
