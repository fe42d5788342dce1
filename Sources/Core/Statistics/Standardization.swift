/// The mean and standard deviation that put scores on a common scale.
///
/// The deviation divides by `n`. Source of the use: z-score fusion of detectors.
package struct Standardization: Sendable, Equatable {
  /// The mean of the values.
  package let mean: Double
  /// The standard deviation of the values, or 1 where they are all equal.
  package let standardDeviation: Double

  /// Takes mean and deviation of `values`; no value gives mean 0 and deviation 1.
  package init(of values: [Double]) {
    guard !values.isEmpty else {
      self.init(mean: 0, standardDeviation: 1)
      return
    }
    let mean = values.reduce(0, +) / Double(values.count)
    let variance =
      values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    self.init(mean: mean, standardDeviation: variance > 0 ? variance.squareRoot() : 1)
  }

  /// Adopts a mean and a deviation above zero.
  package init(mean: Double, standardDeviation: Double) {
    precondition(standardDeviation > 0, "standard deviation \(standardDeviation)")
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// The value on the common scale.
  package func callAsFunction(_ value: Double) -> Double { (value - mean) / standardDeviation }
}
