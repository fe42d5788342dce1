internal import Statistics
package import Tensors

/// A linear classifier on the features, its free additive constant fixed.
///
/// A softmax does not change when the same vector is added to the weights of every class, nor when
/// the same number is added to every bias; energies do. So the mean over the classes is taken from
/// weights and biases: `Σ_c W_c = 0`, `Σ_c b_c = 0`.
package struct LinearHead: Sendable, Equatable {
  /// The weights `[classes, dimensions]`, their mean over the classes zero.
  package let weights: Matrix<Float>
  /// The biases `[classes]`, their mean zero.
  package let biases: [Float]
  /// The calibration temperature by which the logits are divided for probabilities.
  package let temperature: Float

  /// Fixes the gauge of a classifier; the means are taken in double precision.
  package init(
    weights: Matrix<Float>, biases: [Float], temperature: Float = 1
  ) throws(FitError) {
    guard weights.rowCount == biases.count, weights.rowCount > 0 else {
      throw .headShape(
        classes: weights.rowCount, dimensions: weights.columnCount, biases: biases.count,
        expectedDimensions: weights.columnCount)
    }
    guard weights.firstNonFinite() == nil, biases.allSatisfy(\.isFinite), temperature.isFinite,
      temperature > 0
    else { throw .headNotFinite }
    let centre = mean(ofRows: weights)
    let offset = biases.reduce(0.0) { $0 + Double($1) } / Double(biases.count)
    let width = weights.columnCount
    self.weights = weights.withUnsafeBufferPointer { source in
      Matrix(rowCount: weights.rowCount, columnCount: width) { target in
        for index in source.indices {
          target[index] = Float(Double(source[index]) - centre[index % width])
        }
      }
    }
    self.biases = biases.map { Float(Double($0) - offset) }
    self.temperature = temperature
  }

  /// The logits `x · Wᵀ + b` of features `[rows, dimensions] → [rows, classes]`.
  package func logits(_ features: Matrix<Float>) -> Matrix<Float> {
    let products = features.multiplied(byTransposeOf: weights)
    let classes = biases.count
    return products.withUnsafeBufferPointer { source in
      Matrix(rowCount: features.rowCount, columnCount: classes) { target in
        for row in 0..<features.rowCount {
          for column in 0..<classes {
            target[row * classes + column] = source[row * classes + column] + biases[column]
          }
        }
      }
    }
  }
}

extension LinearHead {
  init(reading state: inout StateReader) throws(StateError) {
    weights = try state.matrix()
    biases = try state.floats()
    temperature = try state.float()
    guard weights.rowCount == biases.count, temperature > 0 else { throw .inconsistent("head") }
  }

  func write(to state: inout StateWriter) {
    state.append(weights)
    state.append(biases)
    state.append(temperature)
  }
}
