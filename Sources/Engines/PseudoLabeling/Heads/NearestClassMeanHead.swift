private import Tensors

private import Gradients

/// The direction of each class's weighted mean, compared by the cosine: a prototype classifier.
///
/// `score_c(x) = κ · x · m_c / ‖m_c‖` with `m_c = Σᵢ wᵢ tᵢ_c xᵢ`; no bias. It needs no search and
/// is well calibrated at very few labels on unit rows. A class without weight scores 0 everywhere.
/// Cost: one pass. Source: T. Mensink et al., Distance-Based Image Classification, TPAMI 2013.
/// Deviation: the cosine instead of a learned metric, as the rows have unit length.
package struct NearestClassMeanHead: Head, Equatable {
  /// The concentration `κ`, positive.
  package var concentration: Float

  /// Creates the settings.
  package init(concentration: Float = 20) {
    precondition(concentration > 0, "concentration \(concentration)")
    self.concentration = concentration
  }

  /// The classifier for `set`.
  package func fitted(on set: TrainingSet, from _: LinearHead?) -> LinearHead {
    let width = set.features.columnCount
    var sums = [Double](repeating: 0, count: set.classCount * width)
    set.features.withUnsafeBufferPointer { x in
      func add(_ row: Int, to label: Int, _ weight: Float) {
        for column in 0..<width {
          sums[label * width + column] += Double(weight) * Double(x[row * width + column])
        }
      }
      for row in 0..<set.features.rowCount {
        let weight = set.weights?[row] ?? 1
        switch set.targets {
        case .hard(let classes): add(row, to: classes[row], weight)
        case .soft(let matrix):
          for label in 0..<set.classCount { add(row, to: label, weight * matrix[row, label]) }
        }
      }
    }
    for label in 0..<set.classCount {
      let range = label * width..<(label + 1) * width
      let length = sums[range].reduce(0) { $0 + $1 * $1 }.squareRoot()
      for index in range where length > 0 { sums[index] *= Double(concentration) / length }
    }
    return LinearHead(
      weights: Matrix(
        rowCount: set.classCount, columnCount: width, elements: sums.map { Float($0) }),
      bias: [Float](repeating: 0, count: set.classCount))
  }
}
