package import Tensors

private import Foundation

/// The probabilities to a power, normalised: `p_c^γ / Σ p^γ`.
package struct SoftTargets: Targets, Equatable {
  /// The power `γ`, positive; above 1 it sharpens.
  package var power: Float

  /// Creates the targets.
  package init(power: Float = 2) {
    precondition(power > 0, "power \(power)")
    self.power = power
  }

  /// The targets of `rows`, each row summing to 1.
  package func targets(of rows: [Int], in round: RoundView) -> Matrix<Float> {
    let width = round.classCount
    return round.probabilities.withUnsafeBufferPointer { source in
      Matrix(rowCount: rows.count, columnCount: width) { target in
        for (index, row) in rows.enumerated() {
          var sum: Float = 0
          for column in 0..<width {
            let value = pow(source[row * width + column], power)
            target[index * width + column] = value
            sum += value
          }
          for column in 0..<width { target[index * width + column] /= sum }
        }
      }
    }
  }
}
