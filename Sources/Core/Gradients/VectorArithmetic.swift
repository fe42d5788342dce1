/// The scalar product of two vectors `[n]`, summed in eight interleaved parts.
///
/// The order of the sums is fixed, so equal inputs give equal bits.
func dot(_ left: [Double], _ right: [Double]) -> Double {
  precondition(left.count == right.count, "vectors of \(left.count) and \(right.count)")
  return left.withUnsafeBufferPointer { left in
    right.withUnsafeBufferPointer { right in
      var sums = SIMD8<Double>(repeating: 0)
      let wholeCount = left.count / 8 * 8
      var index = 0
      while index < wholeCount {
        for lane in 0..<8 { sums[lane] += left[index + lane] * right[index + lane] }
        index += 8
      }
      var sum = sums.sum()
      while index < left.count {
        sum += left[index] * right[index]
        index += 1
      }
      return sum
    }
  }
}

/// Adds `factor · vector` to `target`, element by element.
func add(_ vector: [Double], scaledBy factor: Double, to target: inout [Double]) {
  precondition(vector.count == target.count, "vectors of \(vector.count) and \(target.count)")
  target.withUnsafeMutableBufferPointer { target in
    vector.withUnsafeBufferPointer { vector in
      for index in 0..<target.count { target[index] += factor * vector[index] }
    }
  }
}

/// The difference `left - right`, element by element.
func difference(_ left: [Double], _ right: [Double]) -> [Double] {
  var result = left
  add(right, scaledBy: -1, to: &result)
  return result
}

/// The largest magnitude in `vector`, 0 where it is empty, NaN where any element is.
func maximumMagnitude(_ vector: [Double]) -> Double {
  var largest = 0.0
  for element in vector {
    if element.isNaN { return element }
    largest = max(largest, abs(element))
  }
  return largest
}
