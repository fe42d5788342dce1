/// Counts of values in equal bins.
package struct ValueHistogram: Codable, Sendable, Equatable {
  /// Where the first bin begins.
  package var minimum: Double
  /// Where the last bin ends.
  package var maximum: Double
  /// The values in each bin.
  package var counts: [Int]

  /// Creates a histogram.
  package init(minimum: Double, maximum: Double, counts: [Int]) {
    self.minimum = minimum
    self.maximum = maximum
    self.counts = counts
  }

  /// Adds a value; those outside go to the outermost bins.
  package mutating func add(_ value: Double) {
    let position = (value - minimum) / (maximum - minimum) * Double(counts.count)
    counts[min(counts.count - 1, max(0, position.isFinite ? Int(position) : 0))] += 1
  }
}
