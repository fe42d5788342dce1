internal import Digests
internal import Messages
internal import OODDetection
internal import Tensors

extension LinearHead {
  /// The head of a message, its parts and its digest checked; a temperature of zero is one.
  init(_ message: Head) throws {
    let weights = try (message.weights ?? Tensor()).featureMatrix()
    let biases = try (message.bias ?? Tensor()).floats()
    let temperature = message.temperature == 0 ? 1 : message.temperature
    guard message.classes.isEmpty || message.classes.count == weights.rowCount else {
      throw OODServiceError.headClasses(
        names: message.classes.count, rows: weights.rowCount)
    }
    try self.init(weights: weights, biases: biases, temperature: Float(temperature))
    guard !message.digest.isEmpty else { return }
    let actual = headDigest(
      classes: message.classes, weights: weights, biases: biases, temperature: temperature)
    guard message.digest == actual else {
      throw OODServiceError.headDigest(expected: message.digest, actual: actual)
    }
  }
}

/// The digest of a head as it came in a message.
func headDigest(
  classes: [String], weights: Matrix<Float>, biases: [Float], temperature: Double
) -> String {
  weights.withUnsafeBufferPointer { elements in
    linearHeadDigest(
      classNames: classes, classCount: weights.rowCount, dimensions: weights.columnCount,
      weights: elements, bias: biases, temperature: temperature)
  }
}
