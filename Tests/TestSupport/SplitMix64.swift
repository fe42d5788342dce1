import Statistics

/// The seeded generator with what tests draw: the same seed gives the same sequence everywhere.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var generator: SeededGenerator

  /// Starts the sequence of `seed`.
  package init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  package mutating func next() -> UInt64 { generator.next() }

  /// A draw from the uniform distribution on `[0, 1)`.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// `count` draws from a distribution close to the standard normal: twelve uniforms, minus six.
  package mutating func normals(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float((0..<12).reduce(-6.0) { sum, _ in sum + uniform() }) }
  }
}
