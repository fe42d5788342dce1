package import Tensors

/// The fourth of the four parts of a strategy: what a pseudo-labelled row should be.
package protocol Targets: Sendable {
  /// The targets of `rows`: `[rows, classes]`, each row summing to 1.
  func targets(of rows: [Int], in round: RoundView) -> Matrix<Float>
}
