private import RealModule

/// The index of the greatest logit, the lowest of equals; nil where none is above −∞, as NaN counts.
package func argmax(_ logits: Span<Float>) -> Int? {
  var best = -Float.infinity
  var index: Int?
  for candidate in 0..<logits.count where logits[unchecked: candidate] > best {
    best = logits[unchecked: candidate]
    index = candidate
  }
  return index
}

/// `log Σ exp(scale · l)` of a row; NaN and −∞ add nothing, +∞ gives +∞, nothing gives −∞.
///
/// `scale` is above 0. Cost: two reads of the row. Relative error of the sum below 1e-6: the
/// exponentials are float32, their sums double. Deterministic.
package func logSumExp(_ logits: Span<Float>, scale: Float = 1) -> Double {
  guard let peak = argmax(logits) else { return -.infinity }
  let largest = logits[peak]
  guard largest.isFinite else { return .infinity }
  let sum = logits.withUnsafeBufferPointer { exponentialSum($0, scale: scale, largest: largest) }
  return Double(largest) * Double(scale) + Double.log(sum)
}

/// `Σ exp(scale · (l − largest))` without the NaNs.
private func exponentialSum(
  _ values: UnsafeBufferPointer<Float>, scale: Float, largest: Float
) -> Double {
  typealias Lanes = SIMD8<Float>
  let blockVectors = 32
  let raw = UnsafeRawBufferPointer(values)
  let vectorCount = values.count / Lanes.scalarCount
  var total = 0.0
  var vector = 0
  while vector < vectorCount {
    var sum = Lanes.zero
    let end = min(vector + blockVectors, vectorCount)
    while vector < end {
      let lanes = raw.loadUnaligned(
        fromByteOffset: vector * MemoryLayout<Lanes>.stride, as: Lanes.self)
      sum += exponential((lanes - largest) * scale)
      vector += 1
    }
    total += Double(sum.sum())
  }
  for index in vectorCount * Lanes.scalarCount..<values.count {
    let lane = Lanes(repeating: (values[index] - largest) * scale)
    total += Double(exponential(lane)[0])
  }
  return total
}

/// `exp(x)` for `x ≤ 0` with a relative error below 3e-7; 0 below −87 and for NaN.
///
/// `x = n ln 2 + r` with `|r| ≤ ln 2 / 2`; `exp(r)` is its Taylor polynomial of degree 6 and `2ⁿ` is
/// put together from its bits.
@inline(__always)
private func exponential(_ x: SIMD8<Float>) -> SIMD8<Float> {
  let rounding: Float = 12_582_912  // 1.5 · 2^23: adding it rounds to an integer
  let inRange = x .>= -87
  let clamped = SIMD8<Float>(repeating: -87).replacing(with: x, where: inRange)
  let shifted = clamped * 1.442695041 + rounding
  let n = shifted - rounding
  let r = (clamped - n * 0.693145752) - n * 1.42860677e-6
  var p = r * (1.0 / 720) + (1.0 / 120)
  p = p * r + (1.0 / 24)
  p = p * r + (1.0 / 6)
  p = p * r + 0.5
  p = p * r + 1
  p = p * r + 1
  let bits = SIMD8<Int32>(truncatingIfNeeded: unsafeBitCast(shifted, to: SIMD8<Int32>.self))
  let power = unsafeBitCast((bits &- 0x4b40_0000 &+ 127) &<< 23, to: SIMD8<Float>.self)
  return (p * power).replacing(with: 0, where: .!inRange)
}
