package import Tensors

private import Foundation
private import Statistics

/// The temperature that makes probabilities of held-out rows mean what they say.
///
/// Minimises the mean negative log-likelihood of `softmax(logits / T)` over `T` in `0.02...50`.
/// Each target is smoothed to `1 - ε` for the true class and `ε / K` for every class, where
/// `ε = 1 / (n + 2)`: without it, predictions that are all right would ask for certainty. The loss
/// is convex in `1/T`, so a golden-section search finds its minimum. No row gives 1.
/// Cost: 60 passes over the logits. Deterministic.
///
/// Source: C. Guo et al., On Calibration of Modern Neural Networks, ICML 2017, arXiv 1706.04599;
/// the smoothing after J. Platt, Probabilistic Outputs for Support Vector Machines, 1999.
package func fittedTemperature(logits: Matrix<Double>, labels: [Int]) -> Double {
  guard !labels.isEmpty else { return 1 }
  let smoothing = 1 / Double(labels.count + 2)
  let classes = Double(logits.columnCount)
  func loss(_ logTemperature: Double) -> Double {
    let temperature = exp(logTemperature)
    let normalizers = logSumExp(ofRows: logits, temperature: temperature)
    var sum = 0.0
    for (row, label) in labels.enumerated() {
      let mean = logits.row(row).reduce(0, +) / classes
      let target = (1 - smoothing) * logits[row, label] + smoothing * mean
      sum += (normalizers[row] - target) / temperature
    }
    return sum
  }
  let ratio = (5.0.squareRoot() - 1) / 2
  var (low, high) = (log(0.02), log(50.0))
  var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
  var (leftLoss, rightLoss) = (loss(left), loss(right))
  for _ in 0..<60 {
    if leftLoss < rightLoss {
      (high, right, rightLoss) = (right, left, leftLoss)
      left = high - ratio * (high - low)
      leftLoss = loss(left)
    } else {
      (low, left, leftLoss) = (left, right, rightLoss)
      right = low + ratio * (high - low)
      rightLoss = loss(right)
    }
  }
  return exp((low + high) / 2)
}
