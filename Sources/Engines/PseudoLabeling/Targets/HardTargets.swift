package import Tensors

/// The predicted class, with probability 1.
package struct HardTargets: Targets, Equatable {
  /// Creates the targets.
  package init() {}

  /// The targets of `rows`, each row summing to 1.
  package func targets(of rows: [Int], in round: RoundView) -> Matrix<Float> {
    let width = round.classCount
    return Matrix(rowCount: rows.count, columnCount: width) { target in
      for (index, row) in rows.enumerated() {
        target[index * width + Int(round.predictions[row])] = 1
      }
    }
  }
}
