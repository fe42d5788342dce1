/// The SHA-256, in hexadecimal, that identifies a linear classifier on every daemon.
///
/// Hashed are: the number of classes, each name's length before its UTF-8, the dimensions, the
/// weights `[classes, dimensions]` row-major, the bias `[classes]`, and the temperature as float64.
/// Numbers are little-endian IEEE 754, counts and lengths 64-bit integers, so that no two different
/// heads with names are hashed alike. `classNames` may be empty where nobody named the classes.
package func linearHeadDigest(
  classNames: [String], classCount: Int, dimensions: Int, weights: UnsafeBufferPointer<Float>,
  bias: [Float], temperature: Double
) -> String {
  var hash = SHA256()
  func update(_ count: Int) {
    withUnsafeBytes(of: UInt64(count).littleEndian) { hash.update(bufferPointer: $0) }
  }
  update(classCount)
  for name in classNames {
    update(name.utf8.count)
    hash.update(data: Array(name.utf8))
  }
  update(dimensions)
  hash.update(bufferPointer: UnsafeRawBufferPointer(weights))
  bias.withUnsafeBytes { hash.update(bufferPointer: $0) }
  withUnsafeBytes(of: temperature.bitPattern.littleEndian) { hash.update(bufferPointer: $0) }
  return hash.finalize().hexadecimal
}
