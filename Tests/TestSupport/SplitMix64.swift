/// A small seeded generator for tests: the same seed gives the same sequence everywhere.
///
/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts the sequence of `seed`.
  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A draw from the uniform distribution on `[0, 1)`.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// `count` draws from a distribution close to the standard normal: twelve uniforms, minus six.
  package mutating func normals(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float((0..<12).reduce(-6.0) { sum, _ in sum + uniform() }) }
  }
}
