import Foundation
import TestSupport
import Testing

@testable import Tensors

/// What a decoder computes between its matrices, against plain loops in double precision.
@Suite struct DecoderKernelTests {
  static let paths = KernelPath.supported

  @Test(arguments: paths)
  func `RMS norm equals the plain formula`(path: KernelPath) {
    var generator = SplitMix64(seed: 21)
    for count in [1, 15, 16, 33, 576] {
      let (x, gamma) = (generator.normals(count), generator.normals(count))
      var found = [Float](repeating: 0, count: count)
      path.rmsNorm(count: count, x: x, gamma: gamma, epsilon: 1e-5, out: &found)
      let square = x.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(count)
      for index in 0..<count {
        let expected = Double(x[index]) * Double(gamma[index]) / (square + 1e-5).squareRoot()
        #expect(abs(Double(found[index]) - expected) < 1e-5, "\(count) at \(index)")
      }
    }
  }

  @Test(arguments: paths)
  func `SwiGLU equals the plain formula, also far from zero`(path: KernelPath) {
    var gate = (-400...400).map { Float($0) / 10 } + [-1e4, 1e4, 0, -0.0]
    let up = gate.indices.map { Float($0 % 7) - 3 }
    let expected = zip(gate, up).map { Double($0) / (1 + exp(-Double($0))) * Double($1) }
    path.swiGLU(count: gate.count, gate: &gate, up: up)
    for (found, value) in zip(gate, expected) {
      #expect(abs(Double(found) - value) <= 1e-6 * abs(value) + 1e-30)
    }
  }

  @Test(arguments: paths)
  func `rotation turns neighbouring pairs and keeps their length`(path: KernelPath) {
    var x: [Float] = [1, 0, 3, 4]
    let angles = [0.3, 2.0]
    path.rotate(
      pairCount: 2, cosines: angles.map { Float(cos($0)) }, sines: angles.map { Float(sin($0)) },
      scale: 2, x: &x)
    let expected = [
      2 * cos(0.3), 2 * sin(0.3), 2 * (3 * cos(2.0) - 4 * sin(2.0)),
      2 * (3 * sin(2.0) + 4 * cos(2.0)),
    ]
    for (found, value) in zip(x, expected) { #expect(abs(Double(found) - value) < 1e-5) }
  }

  /// A cache of one layer and head with keys and values that halves hold exactly.
  private struct Cache {
    let headSize: Int
    let keys: [[Float]]
    let values: [[Float]]
    let memory: [UInt16]
    let pages: [Int32]

    init(_ path: KernelPath, headSize: Int, positions: Int, seed: UInt64) {
      var generator = SplitMix64(seed: seed)
      let keys = (0..<positions).map { _ in
        generator.normals(headSize).map { Float(Float16($0)) }
      }
      let values = (0..<positions).map { _ in
        generator.normals(headSize).map { Float(Float16($0)) }
      }
      let stride = CachePage.elementCount(headSize: headSize)
      let pageCount = (positions + CachePage.positionCount - 1) / CachePage.positionCount
      // Pages in descending order; what nobody wrote is NaN.
      let pages = (0..<pageCount).map { Int32(pageCount - 1 - $0) }
      var memory = [UInt16](repeating: 0x7e00, count: pageCount * stride)
      memory.withUnsafeMutableBufferPointer { memory in
        guard let start = memory.baseAddress else { return }
        for position in 0..<positions {
          let page = start + Int(pages[position / CachePage.positionCount]) * stride
          let slot = position % CachePage.positionCount
          path.write(key: keys[position], headSize: headSize, slot: slot, to: page)
          path.write(value: values[position], headSize: headSize, slot: slot, to: page)
        }
      }
      (self.headSize, self.keys, self.values) = (headSize, keys, values)
      (self.memory, self.pages) = (memory, pages)
    }

    /// Attention of queries `[heads, headSize]` to the first `count` positions.
    func attend(_ path: KernelPath, _ queries: [Float], count: Int) -> [Float] {
      let heads = queries.count / headSize
      let partCount = KernelPath.attentionPartCount(headSize: headSize)
      let size = CachePage.segmentPositionCount
      let segments = (count + size - 1) / size
      var parts = [Float](repeating: 0, count: segments * heads * partCount)
      var out = [Float](repeating: 0, count: queries.count)
      memory.withUnsafeBufferPointer { memory in
        pages.withUnsafeBufferPointer { pages in
          parts.withUnsafeMutableBufferPointer { parts in
            guard let memory = memory.baseAddress, let pages = pages.baseAddress,
              let parts = parts.baseAddress
            else { return }
            for segment in 0..<segments {
              path.attend(
                headCount: heads, headSize: headSize, queries: queries,
                to: CachePage.Segment(
                  positionCount: min(size, count - segment * size), start: memory,
                  pageStride: CachePage.elementCount(headSize: headSize),
                  pages: pages + segment * size / CachePage.positionCount),
                out: parts + segment * heads * partCount)
            }
            for head in 0..<heads {
              out.withUnsafeMutableBufferPointer { out in
                guard let out = out.baseAddress else { return }
                path.mergeAttention(
                  headSize: headSize, segmentCount: segments, parts: parts + head * partCount,
                  stride: heads * partCount, out: out + head * headSize)
              }
            }
          }
        }
      }
      return out
    }

    func expected(_ query: ArraySlice<Float>, count: Int) -> [Double] {
      let scores = keys[..<count].map { zip($0, query).reduce(0.0) { $0 + Double($1.0 * $1.1) } }
      let top = scores.max() ?? 0
      let weights = scores.map { exp($0 - top) }
      let total = weights.reduce(0, +)
      return (0..<headSize).map { entry in
        zip(weights, values).reduce(0) { $0 + $1.0 * Double($1.1[entry]) } / total
      }
    }
  }

  @Test(arguments: paths, [16, 48, 64, 128])
  func `attention equals softmax by plain loops for every rest of blocks, pages and segments`(
    path: KernelPath, headSize: Int
  ) {
    let cache = Cache(path, headSize: headSize, positions: 600, seed: 22)
    var generator = SplitMix64(seed: 23)
    for heads in [1, 2, 3, 4, 7] {
      let queries = generator.normals(heads * headSize).map { $0 / 3 }
      for count in [1, 15, 16, 17, 64, 65, 255, 256, 257, 513, 600] {
        let found = cache.attend(path, queries, count: count)
        for head in 0..<heads {
          let range = head * headSize..<(head + 1) * headSize
          let expected = cache.expected(queries[range], count: count)
          for (a, b) in zip(found[range], expected) {
            #expect(abs(Double(a) - b) < 1e-5, "\(heads) heads, \(count) positions")
          }
        }
      }
    }
  }

  @Test(arguments: paths)
  func `a head's attention does not depend on the heads beside it, in no bit`(path: KernelPath) {
    let cache = Cache(path, headSize: 64, positions: 300, seed: 24)
    var generator = SplitMix64(seed: 25)
    let queries = generator.normals(7 * 64)
    let whole = cache.attend(path, queries, count: 300)
    for head in 0..<7 {
      let range = head * 64..<(head + 1) * 64
      #expect(cache.attend(path, Array(queries[range]), count: 300) == Array(whole[range]))
    }
  }

  @Test(arguments: paths)
  func `halves are rounded to even and clamped`(path: KernelPath) {
    var generator = SplitMix64(seed: 26)
    var numbers: [Float] = [
      0, -0.0, 1, 65504, 65519, 1e6, -1e30, 6e-8, 3e-8, 2.9e-8, 6.1e-5, 6.0975e-5, 1.00048828125,
      1.00146484375, 2049, -2051,
    ]
    numbers += generator.normals(48).map { $0 * 1e-5 }
    numbers += generator.normals(64).map { $0 * 1000 }
    var page = [UInt16](repeating: 0, count: CachePage.elementCount(headSize: 128))
    path.write(value: numbers, headSize: 128, slot: 3, to: &page)
    path.write(key: numbers, headSize: 128, slot: 21, to: &page)
    for (index, number) in numbers.enumerated() {
      let expected = Float16(min(max(number, -65504), 65504)).bitPattern
      #expect(page[(64 + 3) * 128 + index] == expected, "\(number)")
      #expect(page[16 * 128 + index * 16 + 5] == expected, "\(number)")
    }
  }
}
