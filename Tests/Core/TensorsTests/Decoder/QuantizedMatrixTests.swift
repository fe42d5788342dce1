import TestSupport
import Testing

@testable import Tensors

/// Products with packed weights in every version that this processor runs, against plain loops.
@Suite struct QuantizedMatrixTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let path: KernelPath
    let format: WeightFormat
    var testDescription: String { "\(path.rawValue) \(format)" }
  }

  static let cases = KernelPath.supported.flatMap { path in
    WeightFormat.allCases.map { Case(path: path, format: $0) }
  }

  /// Weights `[rows, columns]` and activations `[tokens, columns]`, with their plain products.
  private struct Problem {
    let rows: Int
    let columns: Int
    let tokens: Int
    let encoded: [UInt8]
    let weights: [Float]
    let activations: [Float]

    init(_ format: WeightFormat, rows: Int, columns: Int, tokens: Int, seed: UInt64 = 5) {
      var generator = SplitMix64(seed: seed)
      (self.rows, self.columns, self.tokens) = (rows, columns, tokens)
      encoded = PlainWeights.encode(generator.normals(rows * columns), format)
      weights = encoded.withUnsafeBytes { PlainWeights.decode($0, format) }
      activations = generator.normals(tokens * columns)
    }

    func matrix(_ each: Case, pool: WorkerPool) -> QuantizedMatrix {
      encoded.withUnsafeBytes {
        QuantizedMatrix(
          $0, format: each.format, rowCount: rows, columnCount: columns, path: each.path,
          pool: pool)
      }
    }

    /// The activations as the products see them: in blocks of 32, the largest as it is and the
    /// others rounded to multiples of the second largest / 127.
    func rounded(_ format: WeightFormat) -> [Double] {
      guard format.hasBlocks else { return activations.map { Double($0) } }
      return stride(from: 0, to: activations.count, by: 32).flatMap { first -> [Double] in
        let block = activations[first..<first + 32]
        let sizes = block.map(\.magnitude).sorted()
        let (largest, top) = (sizes[31], sizes[30])
        return block.map {
          $0.magnitude == largest
            ? Double($0) : Double(($0 * (127 / top)).rounded(.toNearestOrEven) * (top / 127))
        }
      }
    }

    /// The products by plain loops, `[tokens, rows]`.
    func expected(_ format: WeightFormat) -> [Double] {
      let x = rounded(format)
      return (0..<tokens).flatMap { token in
        (0..<rows).map { row in
          (0..<columns).reduce(0) {
            $0 + x[token * columns + $1] * Double(weights[row * columns + $1])
          }
        }
      }
    }
  }

  private func product(
    _ matrix: QuantizedMatrix, _ activations: ArraySlice<Float>, splits: [Range<Int>],
    adds: Bool = false, start: Float = 7
  ) -> [Float] {
    let columns = matrix.columnCount
    let tokens = activations.count / columns
    let byteCount = KernelPath.activationByteCount(tokenCount: tokens, columnCount: columns)
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var out = [Float](repeating: start, count: tokens * matrix.rowCount)
    Array(activations).withUnsafeBufferPointer { values in
      bytes.withUnsafeMutableBytes { bytes in
        guard let values = values.baseAddress, let bytes = bytes.baseAddress else { return }
        if matrix.format.hasBlocks {
          for token in 0..<tokens {
            matrix.path.quantize(
              values + token * columns, columns: 0..<columns, of: columns, token: token,
              of: tokens, to: bytes)
          }
        }
        let given = QuantizedMatrix.Activations(
          count: tokens, values: values, stride: columns, bytes: bytes)
        for panels in splits {
          matrix.product(
            panels: panels, of: given, adds: adds, to: &out, stride: matrix.rowCount)
        }
      }
    }
    return out
  }

  @Test(arguments: cases)
  func `products equal plain loops for every number of tokens and rest of a panel`(
    each: Case
  ) {
    let pool = WorkerPool(name: "test", threadCount: 1)
    for (rows, columns, tokens) in [(1, 32, 1), (16, 64, 3), (33, 96, 17), (70, 576, 9)] {
      let problem = Problem(each.format, rows: rows, columns: columns, tokens: tokens)
      let matrix = problem.matrix(each, pool: pool)
      let expected = problem.expected(each.format)
      let found = product(
        matrix, problem.activations[...], splits: [0..<matrix.panelCount])
      let added = product(
        matrix, problem.activations[...], splits: [0..<matrix.panelCount], adds: true, start: 3)
      // float32 sums of that many products of standard normal numbers.
      let limit = 4e-6 * Double(columns)
      for index in expected.indices {
        #expect(abs(Double(found[index]) - expected[index]) < limit, "\(rows)x\(columns) \(index)")
        #expect(abs(Double(added[index]) - 3 - expected[index]) < limit, "added \(index)")
      }
    }
  }

  @Test(arguments: cases)
  func `a token's products do not depend on other tokens or the split of panels, in no bit`(
    each: Case
  ) {
    let problem = Problem(each.format, rows: 90, columns: 192, tokens: 20)
    let matrix = problem.matrix(each, pool: WorkerPool(name: "test", threadCount: 2))
    let panels = matrix.panelCount
    let whole = product(matrix, problem.activations[...], splits: [0..<panels])
    for count in 1...problem.tokens {
      let first = problem.tokens - count
      let splits = [panels / 3..<panels, 0..<panels / 3]
      let part = product(matrix, problem.activations[(first * 192)...], splits: splits)
      #expect(part == Array(whole[(first * 90)...]), "\(count) tokens")
    }
  }

  @Test(arguments: cases)
  func `rows come back as the file has them`(each: Case) {
    let problem = Problem(each.format, rows: 21, columns: 64, tokens: 1)
    let matrix = problem.matrix(each, pool: WorkerPool(name: "test", threadCount: 1))
    for row in 0..<21 {
      var found = [Float](repeating: 0, count: 64)
      matrix.copyRow(row, to: &found)
      let expected = problem.weights[row * 64..<(row + 1) * 64]
      for (a, b) in zip(found, expected) {
        // One rounding more or less where a product and a sum are fused.
        #expect(abs(a - b) <= 1e-6 * abs(b) + 1e-7, "row \(row)")
      }
    }
  }

  @Test(arguments: KernelPath.supported)
  func `extreme quants and activations do not overflow`(path: KernelPath) {
    let pool = WorkerPool(name: "test", threadCount: 1)
    let one = Float16(1).bitPattern
    let scale = [UInt8(one & 255), UInt8(one >> 8)]
    let zero: [UInt8] = [0, 0]
    let blocks: [(WeightFormat, [UInt8], Float)] = [
      (.q4_1, scale + zero + [UInt8](repeating: 255, count: 16), 15),
      (.q4_0, scale + [UInt8](repeating: 0, count: 16), -8),
      (.q8_0, scale + [UInt8](repeating: 128, count: 32), -128),
      (.q8_0, scale + [UInt8](repeating: 127, count: 32), 127),
    ]
    for (format, block, weight) in blocks {
      let matrix = block.withUnsafeBytes {
        QuantizedMatrix($0, format: format, rowCount: 1, columnCount: 32, path: path, pool: pool)
      }
      for sign: Float in [1, -1] {
        let found = product(
          matrix, [Float](repeating: 127 * sign, count: 32)[...], splits: [0..<1])
        #expect(found == [32 * 127 * sign * weight], "\(format)")
      }
    }
  }

  @Test(arguments: KernelPath.supported)
  func `activations of zero and of tiny numbers give zero`(path: KernelPath) {
    let problem = Problem(.q4_1, rows: 5, columns: 32, tokens: 1)
    let matrix = problem.matrix(
      Case(path: path, format: .q4_1), pool: WorkerPool(name: "test", threadCount: 1))
    for value: Float in [0, 1e-38] {
      let found = product(
        matrix, [Float](repeating: value, count: 32)[...], splits: [0..<matrix.panelCount])
      #expect(found.allSatisfy { abs($0) < 1e-30 })
    }
  }
}
