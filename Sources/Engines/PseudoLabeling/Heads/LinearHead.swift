package import Tensors

private import Digests
private import Statistics

/// A fitted classifier on features: `softmax((x · Wᵀ + b) / T)`.
///
/// Shapes: weights `[classes, dimensions]`, bias `[classes]`, in `Float`, as on the wire.
package struct LinearHead: Sendable, Equatable {
  /// The weights `W` `[classes, dimensions]`.
  package let weights: Matrix<Float>
  /// The bias `b` `[classes]`.
  package let bias: [Float]
  /// The calibration temperature `T`, positive; 1 where the head is not calibrated.
  package var temperature: Double

  /// Creates a head; `bias` has one element for each row of `weights`.
  package init(weights: Matrix<Float>, bias: [Float], temperature: Double = 1) {
    precondition(
      bias.count == weights.rowCount, "\(bias.count) biases for \(weights.rowCount) classes")
    precondition(temperature > 0, "temperature \(temperature)")
    self.weights = weights
    self.bias = bias
    self.temperature = temperature
  }

  /// The number of classes.
  package var classCount: Int { weights.rowCount }
  /// The number of features.
  package var dimensions: Int { weights.columnCount }

  /// The uncalibrated scores of rows: `[rows, dimensions] → [rows, classes]`.
  ///
  /// Cost: `2 · rows · dimensions · classes` operations.
  package func logits(of features: Matrix<Float>) -> Matrix<Float> {
    let product = features.multiplied(byTransposeOf: weights)
    let width = classCount
    return product.withUnsafeBufferPointer { source in
      Matrix(rowCount: features.rowCount, columnCount: width) { target in
        for row in 0..<features.rowCount {
          for column in 0..<width {
            target[row * width + column] = source[row * width + column] + bias[column]
          }
        }
      }
    }
  }

  /// The calibrated probabilities of rows: `[rows, dimensions] → [rows, classes]`.
  package func probabilities(of features: Matrix<Float>) -> Matrix<Float> {
    softmax(ofRows: logits(of: features), temperature: Float(temperature))
  }

  /// The digest that identifies the head, over names, weights, bias and temperature.
  package func digest(classNames: [String]) -> String {
    precondition(
      classNames.count == classCount, "\(classNames.count) names for \(classCount) classes")
    return weights.withUnsafeBufferPointer { elements in
      linearHeadDigest(
        classNames: classNames, classCount: classCount, dimensions: dimensions, weights: elements,
        bias: bias, temperature: temperature)
    }
  }
}
