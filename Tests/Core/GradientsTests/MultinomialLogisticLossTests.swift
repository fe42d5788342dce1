import Foundation
import Tensors
import TestSupport
import Testing

@testable import Gradients

@Suite struct MultinomialLogisticLossTests {
  @Test func `every optimum equals scikit-learn's within a millionth`() throws {
    let golden = try LogisticGolden.load()
    #expect(golden.cases.count == 12)
    for wanted in golden.cases {
      var loss = golden.loss(wanted.targets, inversePenalty: wanted.inversePenalty)
      let minimum = loss.fitted()
      let reference = golden.reference(
        wanted.targets, inversePenalty: wanted.inversePenalty)
      let error = abs(reference.value(at: minimum.point) / wanted.loss - 1)
      #expect(error < 1e-6, "\(wanted.targets), C \(wanted.inversePenalty): off by \(error)")
      let probabilities = Self.softmax(
        of: golden.features.prefix(golden.columnCount), parameters: minimum.point)
      for (own, other) in zip(probabilities, wanted.firstProbabilities) {
        #expect(abs(own - other) < 1e-3, "\(probabilities), \(wanted.firstProbabilities)")
      }
    }
  }

  @Test(.enabled(if: SharedData.isAvailable, "\(SharedData.reason)"))
  func `the optima of the reference problems equal scikit-learn's within a millionth`() throws {
    for wanted in try LogisticGolden.load().sharedCases {
      let problem = try SelfTrainingProblem(wanted.set)
      let rows =
        Int(wanted.draw).map { problem.draws(labelsPerClass: $0)[0] }
        ?? Array(problem.poolClasses.indices)
      let classes = rows.map { problem.poolClasses[$0] }
      let classCount = problem.classCount
      let features = problem.pool.selecting(rows: rows)
      var loss = MultinomialLogisticLoss(
        features: features, targets: .hard(classes), classCount: classCount,
        inversePenalty: wanted.inversePenalty)
      let reference = ReferenceLogisticLoss(
        features: (0..<rows.count).map { features.row($0).map { Double($0) } },
        targets: classes.map { own in (0..<classCount).map { $0 == own ? 1 : 0 } },
        weights: rows.map { _ in 1 }, inversePenalty: wanted.inversePenalty)
      let error = abs(reference.value(at: loss.fitted().point) / wanted.loss - 1)
      #expect(error < 1e-6, "\(wanted.set), \(wanted.draw) labels: off by \(error)")
    }
  }

  @Test(arguments: ["hard", "hard-weighted", "soft-weighted"])
  func `the gradient equals central differences of the written-out loss`(kind: String) throws {
    let golden = try LogisticGolden.load()
    var loss = golden.loss(kind, inversePenalty: 2)
    var generator = SplitMix64(seed: 7)
    let point = (0..<loss.parameterCount).map { _ in generator.uniform() - 0.5 }
    var gradient = [Double](repeating: .nan, count: point.count)
    let value = loss.value(at: point, gradient: &gradient)
    let reference = golden.reference(kind, inversePenalty: 2)
    #expect(abs(value / reference.value(at: point) - 1) < 1e-6)
    let differences = reference.centralDifferences(at: point)
    let scale = differences.map { abs($0) }.max() ?? 0
    for (own, other) in zip(gradient, differences) {
      #expect(abs(own - other) < 2e-6 * scale, "\(kind): \(own), \(other)")
    }
  }

  @Test func `hard targets equal soft targets of one and zero`() throws {
    let golden = try LogisticGolden.load()
    let rows = golden.classes.flatMap { own in
      (0..<golden.classCount).map { $0 == own ? Float(1) : 0 }
    }
    let features = Matrix(
      rowCount: golden.rowCount, columnCount: golden.columnCount, elements: golden.features)
    var soft = MultinomialLogisticLoss(
      features: features,
      targets: .soft(
        Matrix(rowCount: golden.rowCount, columnCount: golden.classCount, elements: rows)),
      classCount: golden.classCount, inversePenalty: 1)
    var hard = golden.loss("hard", inversePenalty: 1)
    let point = (0..<hard.parameterCount).map { Double($0 % 5) / 5 - 0.4 }
    var (left, right) = (point, point)
    let values = (soft.value(at: point, gradient: &left), hard.value(at: point, gradient: &right))
    #expect(abs(values.0 / values.1 - 1) < 1e-12)
    #expect(zip(left, right).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `a row of weight two equals the row twice`() throws {
    let features = Matrix<Float>(rowCount: 3, columnCount: 2, elements: [1, 2, -1, 0.5, 0, -2])
    let twice = features.selecting(rows: [0, 1, 1, 2])
    var weighted = MultinomialLogisticLoss(
      features: features, targets: .hard([0, 1, 2]), rowWeights: [1, 2, 1], classCount: 3,
      inversePenalty: 3)
    var repeated = MultinomialLogisticLoss(
      features: twice, targets: .hard([0, 1, 1, 2]), classCount: 3, inversePenalty: 3)
    #expect(abs(weighted.fitted().value / repeated.fitted().value - 1) < 1e-6)
  }

  @Test func `a warm start ends at the same optimum in fewer iterations`() throws {
    let golden = try LogisticGolden.load()
    var loss = golden.loss("hard", inversePenalty: 10)
    let cold = loss.fitted()
    let warm = loss.fitted(from: cold.point.map { $0 * 1.0001 })
    #expect(abs(warm.value / cold.value - 1) < 1e-6)
    #expect(warm.iterationCount < cold.iterationCount)
  }

  @Test func `scores of a thousand neither overflow nor vanish`() {
    let features = Matrix<Float>(rowCount: 2, columnCount: 1, elements: [1, -1])
    var loss = MultinomialLogisticLoss(
      features: features, targets: .hard([0, 0]), classCount: 2, inversePenalty: 1)
    var gradient = [Double](repeating: 0, count: 4)
    let value = loss.value(at: [1000, -1000, 0, 0], gradient: &gradient)
    #expect(value == 2000 + 1_000_000)
    #expect(gradient.allSatisfy { $0.isFinite })
  }

  @Test func `no rows leave only the penalty`() {
    let features = Matrix<Float>(rowCount: 0, columnCount: 2, elements: [])
    var loss = MultinomialLogisticLoss(
      features: features, targets: .hard([]), classCount: 2, inversePenalty: 1)
    var gradient = [Double](repeating: 0, count: 6)
    #expect(loss.value(at: [1, 2, 3, 4, 5, 6], gradient: &gradient) == 15)
    #expect(gradient == [1, 2, 3, 4, 0, 0])
  }

  @Test func `a class beyond the count is refused`() async {
    await #expect(processExitsWith: .failure) {
      _ = MultinomialLogisticLoss(
        features: Matrix(rowCount: 1, columnCount: 1, elements: [1]), targets: .hard([2]),
        classCount: 2, inversePenalty: 1)
    }
  }

  private static func softmax(of row: ArraySlice<Float>, parameters: [Double]) -> [Double] {
    let classCount = parameters.count / (row.count + 1)
    let scores = (0..<classCount).map { index in
      zip(row, parameters[index * row.count..<(index + 1) * row.count])
        .reduce(parameters[classCount * row.count + index]) { $0 + Double($1.0) * $1.1 }
    }
    let largest = scores.max() ?? 0
    let sum = scores.reduce(0) { $0 + exp($1 - largest) }
    return scores.map { exp($0 - largest) / sum }
  }
}

extension MultinomialLogisticLoss {
  /// The minimum from `start`, or from zero.
  mutating func fitted(from start: [Double]? = nil) -> LBFGS.Minimum {
    let search = LBFGS(iterationCountMax: 5000, gradientTolerance: 1e-5)
    let start = start ?? [Double](repeating: 0, count: parameterCount)
    var loss = self
    return search.minimize(from: start) { loss.value(at: $0, gradient: &$1) }
  }
}

extension LogisticGolden {
  func reference(_ kind: String, inversePenalty: Double) -> ReferenceLogisticLoss {
    let rows = (0..<rowCount).map { row in
      (0..<columnCount).map { Double(features[row * columnCount + $0]) }
    }
    let targets = (0..<rowCount).map { row in
      (0..<classCount).map { index in
        kind.hasPrefix("soft")
          ? Double(softTargets[row * classCount + index]) : (classes[row] == index ? 1 : 0)
      }
    }
    return ReferenceLogisticLoss(
      features: rows, targets: targets,
      weights: kind.hasSuffix("weighted")
        ? weights.map { Double($0) } : [Double](repeating: 1, count: rowCount),
      inversePenalty: inversePenalty)
  }
}
