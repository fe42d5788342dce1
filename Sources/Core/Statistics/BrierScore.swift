package import Tensors

/// The Brier score of class probabilities `[rows, classes]` against true classes, in `0...2`.
///
/// The mean over the rows of `Σ_c (p_c - [c = y])²`. No row
/// gives 0.
/// Source: G. Brier, Verification of forecasts expressed in terms of probability, 1950.
package func brierScore(probabilities: Matrix<Double>, labels: [Int]) -> Double {
  checkLabels(labels, of: probabilities)
  guard !labels.isEmpty else { return 0 }
  let width = probabilities.columnCount
  let sum = probabilities.withUnsafeBufferPointer { elements in
    var sum = 0.0
    for (row, label) in labels.enumerated() {
      for column in 0..<width {
        let difference = elements[row * width + column] - (column == label ? 1 : 0)
        sum += difference * difference
      }
    }
    return sum
  }
  return sum / Double(labels.count)
}

/// Stops where `labels` does not name one class for each row.
func checkLabels(_ labels: [Int], of matrix: Matrix<Double>) {
  precondition(
    labels.count == matrix.rowCount, "\(labels.count) labels for \(matrix.rowCount) rows")
  for label in labels {
    precondition(
      label >= 0 && label < matrix.columnCount, "label \(label) of \(matrix.columnCount) classes")
  }
}
