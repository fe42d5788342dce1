/// The inner product of `count` elements in double precision, summed in one fixed order.
///
/// The product of two single-precision numbers is exact in double, so the result has the same bits
/// with and without fused multiply-add, on every processor.
func exactInnerProduct(
  _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>, count: Int
) -> Double {
  var first = SIMD8<Double>()
  var second = SIMD8<Double>()
  var index = 0
  while index + 16 <= count {
    first += product(left + index, right + index)
    second += product(left + index + 8, right + index + 8)
    index += 16
  }
  if index + 8 <= count {
    first += product(left + index, right + index)
    index += 8
  }
  var rest = 0.0
  while index < count {
    rest += Double(left[index]) * Double(right[index])
    index += 1
  }
  let sums = first + second
  let halves = sums.lowHalf + sums.highHalf
  let quarters = halves.lowHalf + halves.highHalf
  return quarters[0] + quarters[1] + rest
}

@inline(__always)
private func product(
  _ left: UnsafePointer<Float>, _ right: UnsafePointer<Float>
) -> SIMD8<Double> {
  let left = UnsafeRawPointer(left).loadUnaligned(as: SIMD8<Float>.self)
  let right = UnsafeRawPointer(right).loadUnaligned(as: SIMD8<Float>.self)
  return SIMD8<Double>(left) * SIMD8<Double>(right)
}
