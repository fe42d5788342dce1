private import Foundation

/// The multinomial logistic loss written out in double precision, row by row.
struct ReferenceLogisticLoss {
  let features: [[Double]]
  let targets: [[Double]]
  let weights: [Double]
  let inversePenalty: Double

  /// The loss at the parameters `W` `[K, d]` followed by `b` `[K]`.
  func value(at parameters: [Double]) -> Double {
    let columnCount = features.first?.count ?? 0
    let classCount = parameters.count / (columnCount + 1)
    var loss = 0.0
    for (row, x) in features.enumerated() {
      let scores = (0..<classCount).map { index in
        zip(x, parameters[index * columnCount..<(index + 1) * columnCount])
          .reduce(parameters[classCount * columnCount + index]) { $0 + $1.0 * $1.1 }
      }
      let largest = scores.max() ?? 0
      let normalizer = largest + log(scores.reduce(0) { $0 + exp($1 - largest) })
      for index in 0..<classCount {
        loss += weights[row] * targets[row][index] * (normalizer - scores[index])
      }
    }
    let penalized = parameters.prefix(classCount * columnCount)
    return inversePenalty * loss + penalized.reduce(0) { $0 + $1 * $1 } / 2
  }

  /// The gradient by central differences.
  func centralDifferences(at parameters: [Double], step: Double = 1e-5) -> [Double] {
    parameters.indices.map { index in
      var (above, below) = (parameters, parameters)
      above[index] += step
      below[index] -= step
      return (value(at: above) - value(at: below)) / (2 * step)
    }
  }
}
