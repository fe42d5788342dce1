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

/// The SHA-256 over classes, weights, bias and temperature of a head, in hexadecimal.
///
/// Counts are 64-bit little-endian: the number of classes, each name's length before its UTF-8, the
/// dimensions before the weights; then the biases and the temperature as float64.
func headDigest(
  classes: [String], weights: Matrix<Float>, biases: [Float], temperature: Double
) -> String {
  var hash = SHA256()
  func update(_ count: Int) {
    withUnsafeBytes(of: UInt64(count).littleEndian) { hash.update(bufferPointer: $0) }
  }
  update(weights.rowCount)
  for name in classes {
    update(name.utf8.count)
    hash.update(data: Array(name.utf8))
  }
  update(weights.columnCount)
  weights.withUnsafeBufferPointer { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
  biases.withUnsafeBytes { hash.update(bufferPointer: $0) }
  withUnsafeBytes(of: temperature.bitPattern.littleEndian) { hash.update(bufferPointer: $0) }
  return hash.finalize().hexadecimal
}
