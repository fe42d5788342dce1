private import RealModule
internal import Tensors

/// The noise of one place of one sample: a number for each token, by counting instead of by state.
///
/// `g = -log(-log u)` with `u` uniform on (0, 1) follows the Gumbel distribution, and the token
/// with the greatest `z + g` is a draw from `softmax(z)`. The noise is a function of seed, sample,
/// position and token, so a draw does not depend on what was drawn before, or by whom. Sources:
/// Gumbel, "Statistical Theory of Extreme Values", 1954; Maddison, Tarlow and Minka, "A* Sampling",
/// NeurIPS 2014, arXiv:1411.0030. The key is that of Steele, Lea and Flood, "Fast Splittable
/// Pseudorandom Number Generators", OOPSLA 2014, with the counter in place of the state.
struct GumbelNoise: Sendable {
  /// The greatest difference between two numbers of noise.
  static let range = 42.0
  private static let blockCount = 2048

  let key: UInt64

  /// The noise at a position of a sample.
  init(seed: UInt64, sampleIndex: Int, position: Int) {
    let sample = mixed(mixed(seed) ^ mixed(UInt64(sampleIndex) &+ 0x5851_f42d_4c95_7f2d))
    key = mixed(sample ^ mixed(UInt64(position) &+ 0x1405_7b7e_f767_814f))
  }

  /// The noise of a token; finite.
  func callAsFunction(_ token: Int) -> Double {
    let high = UInt64(KernelPath.logitBits(index: token, key: key)) << 32
    let low = mixed(key &+ UInt64(truncatingIfNeeded: token)) >> 32
    return Self.value(high | low)
  }

  /// A number that the noise of a token does not exceed, found without a logarithm.
  func bound(_ token: Int) -> Double {
    // -log u ≥ 1 − u ≥ 2^-(leading ones + 1).
    let bits = KernelPath.logitBits(index: token, key: key)
    return Double((~bits).leadingZeroBitCount + (bits == .max ? 21 : 1)) * 0.693147180559946
  }

  /// The noise that these random bits make.
  static func value(_ bits: UInt64) -> Double {
    // 1 − u is exact, so that the noise is exact where u is near 1, which is where tokens win.
    let rest = (Double(~bits >> 12) + 0.5) * 0x1p-52
    return -Double.log(-Double.log(onePlus: -rest))
  }

  /// The token with the greatest `scale · l + g`, the lowest id of equals; the greatest logit is at
  /// `peak`, and its score is within ±4096.
  ///
  /// `l` wins against the score `b` if `-log u < exp(scale · l − b)`. As `1 − u` is below `-log u`,
  /// few tokens need a logarithm.
  func winner(_ logits: Span<Float>, peak: Int, scale: Double, on path: KernelPath) -> Int {
    var choice = peak
    var best = Double(logits[peak]) * scale + self(peak)
    var contenders: [Int32] = []
    for first in stride(from: 0, to: logits.count, by: Self.blockCount) {
      path.contenders(
        logits, scale: Float(scale), best: Float(best), first: first,
        blockCount: Self.blockCount, key: key, into: &contenders)
      for contender in contenders {
        let token = Int(contender)
        let key = Double(logits[token]) * scale + self(token)
        if key > best || key == best && token < choice {
          best = key
          choice = token
        }
      }
    }
    return choice
  }
}

private func mixed(_ value: UInt64) -> UInt64 {
  var mixed = value &+ 0x9e37_79b9_7f4a_7c15
  mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
  mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
  return mixed ^ (mixed >> 31)
}
