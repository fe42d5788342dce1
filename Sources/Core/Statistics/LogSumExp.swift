package import Tensors

private import RealModule

/// The logarithm of the summed exponentials of each row of `logits`: `[rows, classes] → [rows]`.
///
/// `T · log Σ exp(l / T)`, computed from the row's maximum so that it neither overflows nor loses
/// small terms. A row of only `-∞` gives `-∞`; no columns give `-∞`; a NaN gives NaN.
/// Cost: one exponential an element. Deterministic.
package func logSumExp(ofRows logits: Matrix<Float>, temperature: Float = 1) -> [Float] {
  rowLogSumExp(logits, temperature)
}

/// The logarithm of the summed exponentials of each row, in double precision.
package func logSumExp(ofRows logits: Matrix<Double>, temperature: Double = 1) -> [Double] {
  rowLogSumExp(logits, temperature)
}

/// The logarithm of the summed exponentials of `values`; `-∞` where there are none.
package func logSumExp(of values: [Double]) -> Double {
  values.withUnsafeBufferPointer { logSumExp($0[...], temperature: 1) }
}

private func rowLogSumExp<Scalar: BLASScalar & Real>(
  _ logits: Matrix<Scalar>, _ temperature: Scalar
) -> [Scalar] {
  precondition(temperature > 0, "temperature \(temperature)")
  let width = logits.columnCount
  return logits.withUnsafeBufferPointer { elements in
    (0..<logits.rowCount).map { row in
      logSumExp(elements[row * width..<(row + 1) * width], temperature: temperature)
    }
  }
}

private func logSumExp<Scalar: BLASScalar & Real>(
  _ values: Slice<UnsafeBufferPointer<Scalar>>, temperature: Scalar
) -> Scalar {
  var largest = -Scalar.infinity
  for value in values {
    if value.isNaN { return .nan }
    if value > largest { largest = value }
  }
  guard largest.isFinite else { return largest }
  var sum: Scalar = 0
  for value in values { sum += Scalar.exp((value - largest) / temperature) }
  return largest + temperature * Scalar.log(sum)
}
