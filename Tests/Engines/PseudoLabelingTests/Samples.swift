import Statistics
import Tensors
import TestSupport
import Testing

@testable import PseudoLabeling

/// The mean of `values`.
func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// Unit rows around the axes of `dimensions` dimensions: row `i` is of class `i % classCount`.
func blobs(
  rows: Int, classCount: Int = 3, dimensions: Int = 6, spread: Float = 0.3, seed: UInt64
) -> (features: Matrix<Float>, labels: [Int]) {
  var generator = SplitMix64(seed: seed)
  let labels = (0..<rows).map { $0 % classCount }
  let noise = generator.normals(rows * dimensions).map { $0 * spread }
  let features = Matrix<Float>(rowCount: rows, columnCount: dimensions) { elements in
    for row in 0..<rows {
      for column in 0..<dimensions {
        elements[row * dimensions + column] =
          noise[row * dimensions + column] + (column == labels[row] ? 1 : 0)
      }
    }
  }
  return (features.normalizedRows(), labels)
}

/// A pool of blobs, the first `labelled` rows with labels.
func sampleData(
  labelled: Int = 12, unlabelled: Int = 90, spread: Float = 0.3, seed: UInt64 = 1
) throws -> SelfTrainingData {
  let (features, labels) = blobs(rows: labelled + unlabelled, spread: spread, seed: seed)
  return try SelfTrainingData(
    labelled: features.selecting(rows: Array(0..<labelled)),
    labels: Array(labels.prefix(labelled)),
    unlabelled: features.selecting(rows: Array(labelled..<labelled + unlabelled)),
    classNames: ["red", "green", "blue"])
}

/// A round in which everything is given.
func view(
  probabilities: [[Float]], agreement: [Float]? = nil, candidates: [Int]? = nil, round: Int = 1,
  roundCount: Int = 1
) -> RoundView {
  let classCount = probabilities[0].count
  let matrix = Matrix(
    rowCount: probabilities.count, columnCount: classCount,
    elements: probabilities.flatMap { $0 })
  let (classes, confidences) = predictions(of: matrix)
  return RoundView(
    round: round, roundCount: roundCount, probabilities: matrix, predictions: classes,
    confidences: confidences,
    agreement: agreement ?? [Float](repeating: 1, count: probabilities.count),
    classPrior: [Double](repeating: 1 / Double(classCount), count: classCount),
    candidates: candidates ?? Array(probabilities.indices))
}

extension SelfTrainingRun {
  /// Takes all steps that are left and returns the last round's decisions.
  @discardableResult mutating func finish() -> RoundRecord? {
    var record: RoundRecord?
    while nextStep != nil { record = step() ?? record }
    return record
  }
}

extension SelfTrainingRun {
  /// Takes all steps that are left and returns the last round's decisions, which must be there.
  mutating func lastRecord() throws -> RoundRecord {
    let record = finish()
    return try #require(record)
  }
}

extension SelfTrainingProblem {
  /// The pool with the labels of a draw.
  func data(draw: [Int]) throws -> SelfTrainingData {
    let drawn = Set(draw)
    let rest = poolClasses.indices.filter { !drawn.contains($0) }
    return try SelfTrainingData(
      labelled: pool.selecting(rows: draw), labels: draw.map { poolClasses[$0] },
      unlabelled: pool.selecting(rows: rest), classNames: classNames)
  }

  /// The share of the test rows that `head` classifies correctly.
  func accuracy(of head: LinearHead) -> Double {
    mean(isCorrect(predictions(of: head.logits(of: test)).classes).map { $0 ? 1 : 0 })
  }

  /// The expected calibration error of `head` on the test rows.
  func calibrationError(of head: LinearHead) -> Double {
    let (classes, confidences) = predictions(of: head.probabilities(of: test))
    return expectedCalibrationError(
      of: reliabilityBins(
        confidences: confidences.map { min(Double($0), 1) }, isCorrect: isCorrect(classes)))
  }

  private func isCorrect(_ found: [Int32]) -> [Bool] {
    zip(found, testClasses).map { Int($0) == $1 }
  }
}
