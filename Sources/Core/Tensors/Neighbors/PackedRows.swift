/// Rows of a matrix in the order in which a neighbour kernel reads them.
///
/// `[groups, steps, groupRows]` of 32-bit cells: a float, or two consecutive elements rounded to
/// bfloat16, the first in the low half. Missing rows and elements are zero.
///
/// Safety of `@unchecked Sendable`: `cells` is written in `init` only.
final class PackedRows: @unchecked Sendable {
  let stepCount: Int
  let groupCount: Int
  let groupRows: Int
  let cells: UnsafeMutableRawPointer
  /// The Euclidean length of each row.
  let lengths: [Double]
  /// The length of what rounding took from each row; zero for floats.
  let losses: [Double]

  init(_ matrix: Matrix<Float>, _ rows: Range<Int>, groupRows: Int, kernel: NeighborKernel) {
    let width = matrix.columnCount
    let perStep = kernel.elementsPerStep
    stepCount = (width + perStep - 1) / perStep
    groupCount = (rows.count + groupRows - 1) / groupRows
    self.groupRows = groupRows
    let byteCount = max(groupCount * stepCount * groupRows * 4, 64)
    cells = .allocate(byteCount: byteCount, alignment: 64)
    cells.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    var lengths = [Double](repeating: 0, count: rows.count)
    var losses = [Double](repeating: 0, count: perStep == 2 ? rows.count : 0)
    let steps = stepCount
    let target = cells.assumingMemoryBound(to: UInt32.self)
    matrix.withUnsafeBufferPointer { elements in
      guard let base = elements.baseAddress else { return }
      for (index, row) in rows.enumerated() {
        let source = base + row * width
        let group = index / groupRows
        let place = target + group * steps * groupRows + index % groupRows
        lengths[index] = exactInnerProduct(source, source, count: width).squareRoot()
        if perStep == 1 {
          for step in 0..<width { place[step * groupRows] = source[step].bitPattern }
        } else {
          losses[index] = packPairs(source, count: width, into: place, stride: groupRows)
        }
      }
    }
    self.lengths = lengths
    self.losses = losses
  }

  deinit { cells.deallocate() }

  var byteCount: Int { groupCount * stepCount * groupRows * 4 }

  /// The greatest length of a row.
  var lengthMax: Double { lengths.max() ?? 0 }

  /// The greatest loss of a row.
  var lossMax: Double { losses.max() ?? 0 }
}

/// Writes pairs of elements rounded to bfloat16, and returns the length of what rounding took.
private func packPairs(
  _ source: UnsafePointer<Float>, count: Int, into place: UnsafeMutablePointer<UInt32>, stride: Int
) -> Double {
  var loss = 0.0
  for step in 0..<(count + 1) / 2 {
    let first = roundedToBFloat16(source[2 * step])
    let second = 2 * step + 1 < count ? roundedToBFloat16(source[2 * step + 1]) : 0
    place[step * stride] = first >> 16 | second
    let firstLoss = Double(source[2 * step]) - Double(Float(bitPattern: first))
    loss += firstLoss * firstLoss
    if 2 * step + 1 < count {
      let secondLoss = Double(source[2 * step + 1]) - Double(Float(bitPattern: second))
      loss += secondLoss * secondLoss
    }
  }
  return loss.squareRoot()
}

/// The bits of the nearest float whose lower half is zero, ties to even.
private func roundedToBFloat16(_ value: Float) -> UInt32 {
  let bits = value.bitPattern
  return (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000
}
