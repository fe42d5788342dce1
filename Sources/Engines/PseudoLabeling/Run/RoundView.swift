package import Tensors

/// What the parts of a strategy see in one round.
package struct RoundView: Sendable {
  /// The number of the round, from 1 on.
  package let round: Int
  /// The number of rounds of the strategy.
  package let roundCount: Int
  /// The probabilities that selection goes by, `[rows, classes]`.
  package let probabilities: Matrix<Float>
  /// The most probable class of each row.
  package let predictions: [Int32]
  /// The probability of that class.
  package let confidences: [Float]
  /// The share of each row's nearest neighbours with the same prediction.
  package let agreement: [Float]
  /// The expected share of each class, summing to 1.
  package let classPrior: [Double]
  /// The unlabelled rows that the quarantine let pass.
  package let candidates: [Int]

  /// The number of classes.
  package var classCount: Int { probabilities.columnCount }
}

/// The most probable class of each row, the first of equals, and its probability.
func predictions(of probabilities: Matrix<Float>) -> (classes: [Int32], confidences: [Float]) {
  let width = probabilities.columnCount
  return probabilities.withUnsafeBufferPointer { elements in
    var classes = [Int32](repeating: 0, count: probabilities.rowCount)
    var confidences = [Float](repeating: 0, count: probabilities.rowCount)
    for row in 0..<probabilities.rowCount {
      var best = 0
      for column in 1..<width
      where elements[row * width + column] > elements[row * width + best] { best = column }
      classes[row] = Int32(best)
      confidences[row] = elements[row * width + best]
    }
    return (classes, confidences)
  }
}
