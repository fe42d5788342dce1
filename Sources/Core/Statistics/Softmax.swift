package import Tensors

private import RealModule

/// The softmax of each row of `logits` divided by `temperature`: `[rows, classes]`, rows sum to
/// one.
///
/// `p_c = exp(l_c / T) / Σ exp(l / T)`, from the row's maximum, so that any finite logits give
/// finite probabilities. A row that holds NaN, or only `-∞`, becomes NaN.
/// Cost: one exponential an element. Deterministic.
package func softmax(ofRows logits: Matrix<Float>, temperature: Float = 1) -> Matrix<Float> {
  rowSoftmax(logits, temperature)
}

/// The softmax of each row in double precision.
package func softmax(ofRows logits: Matrix<Double>, temperature: Double = 1) -> Matrix<Double> {
  rowSoftmax(logits, temperature)
}

private func rowSoftmax<Scalar: BLASScalar & Real>(
  _ logits: Matrix<Scalar>, _ temperature: Scalar
) -> Matrix<Scalar> {
  precondition(temperature > 0, "temperature \(temperature)")
  let width = logits.columnCount
  return logits.withUnsafeBufferPointer { source in
    Matrix(rowCount: logits.rowCount, columnCount: width) { target in
      for row in 0..<logits.rowCount {
        let elements = row * width..<(row + 1) * width
        var largest = -Scalar.infinity
        for index in elements where source[index] > largest { largest = source[index] }
        var sum: Scalar = 0
        for index in elements {
          let value = Scalar.exp((source[index] - largest) / temperature)
          target[index] = value
          sum += value
        }
        for index in elements { target[index] /= sum }
      }
    }
  }
}
