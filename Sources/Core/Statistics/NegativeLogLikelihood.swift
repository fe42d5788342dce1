package import Tensors

private import RealModule

/// The mean negative log-likelihood of true classes under the softmax of `logits / temperature`.
///
/// From the logits, so that it stays finite and exact where a probability would round to zero. No
/// row gives 0.
package func negativeLogLikelihood(
  logits: Matrix<Double>, labels: [Int], temperature: Double = 1
) -> Double {
  checkLabels(labels, of: logits)
  guard !labels.isEmpty else { return 0 }
  let normalisers = logSumExp(ofRows: logits, temperature: temperature)
  let width = logits.columnCount
  let sum = logits.withUnsafeBufferPointer { elements in
    var sum = 0.0
    for (row, label) in labels.enumerated() {
      sum += (normalisers[row] - elements[row * width + label]) / temperature
    }
    return sum
  }
  return sum / Double(labels.count)
}

/// The mean negative log-likelihood of true classes under given probabilities `[rows, classes]`.
///
/// `+∞` where a true class has probability zero. No row gives 0.
package func negativeLogLikelihood(probabilities: Matrix<Double>, labels: [Int]) -> Double {
  checkLabels(labels, of: probabilities)
  guard !labels.isEmpty else { return 0 }
  var sum = 0.0
  for (row, label) in labels.enumerated() { sum -= Double.log(probabilities[row, label]) }
  return sum / Double(labels.count)
}
