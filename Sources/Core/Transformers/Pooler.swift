package import ModelFiles
package import Tensors

/// Turns the states of a sequence's tokens into one vector.
///
/// The mean adds the states in the order of the tokens; a vector is divided by its length, or by
/// 1e-12 if that is larger. Source: Reimers and Gurevych, "Sentence-BERT", EMNLP 2019,
/// arXiv:1908.10084.
package struct Pooler: Sendable {
  /// How states become a vector.
  package var pooling: Pooling
  /// The leading dimensions that are kept, before normalisation.
  package var dimensionCount: Int
  /// Whether vectors get length one.
  package var normalizes: Bool

  /// Creates a pooler.
  package init(pooling: Pooling, dimensionCount: Int, normalizes: Bool) {
    self.pooling = pooling
    self.dimensionCount = dimensionCount
    self.normalizes = normalizes
  }

  /// Writes the vector of the states `[rowCount, …]` to `out`, `dimensionCount` numbers.
  package func pool(
    states: UnsafePointer<Float>, rowCount: Int, stride: Int, path: KernelPath,
    into out: UnsafeMutablePointer<Float>
  ) {
    out.update(from: states, count: dimensionCount)
    switch pooling {
    case .cls: break
    case .mean:
      for row in 1..<max(rowCount, 1) {
        path.axpy(count: dimensionCount, alpha: 1, x: states + row * stride, y: out)
      }
      let scale = 1 / Float(rowCount)
      for column in 0..<dimensionCount { out[column] *= scale }
    case .max:
      for row in 1..<max(rowCount, 1) {
        let state = states + row * stride
        for column in 0..<dimensionCount { out[column] = max(out[column], state[column]) }
      }
    }
    guard normalizes else { return }
    let length = path.dot(count: dimensionCount, out, out).squareRoot()
    let scale = 1 / max(length, 1e-12)
    for column in 0..<dimensionCount { out[column] *= scale }
  }
}
