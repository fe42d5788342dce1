import Foundation
import TestSupport
import Testing

@testable import Tensors

/// Every version that this processor runs, against plain loops in double precision.
@Suite struct KernelPathTests {
  static let paths = KernelPath.supported

  private func plain(
    _ a: [Float], _ w: [Float], m: Int, n: Int, k: Int, lda: Int
  ) -> [Double] {
    (0..<m).flatMap { i in
      (0..<n).map { j in
        (0..<k).reduce(0.0) { $0 + Double(a[i * lda + $1]) * Double(w[j * k + $1]) }
      }
    }
  }

  private func gelu(_ x: Double) -> Double { 0.5 * x * erfc(-x / 2.0.squareRoot()) }

  @Test(arguments: paths)
  func `products equal plain loops for every edge of tiles and panels`(path: KernelPath) {
    var generator = SplitMix64(seed: 11)
    for (m, n, k) in [
      (1, 1, 1), (1, 33, 7), (5, 31, 3), (6, 32, 16), (7, 8, 64), (13, 65, 5), (14, 16, 9),
      (15, 48, 33), (29, 100, 20), (85, 40, 12),
    ] {
      let (lda, ldc) = (k + 3, n + 2)
      let a = generator.normals(m * lda)
      let w = generator.normals(n * k)
      let bias = generator.normals(n)
      let residual = generator.normals(m * ldc)
      let expected = plain(a, w, m: m, n: n, k: k, lda: lda)
      let packed = PackedMatrix(
        transposing: [Matrix(rowCount: n, columnCount: k, elements: w)], path: path)
      for kind in 0..<4 {
        var c = [Float](repeating: 7, count: m * ldc)
        bias.withUnsafeBufferPointer { bias in
          residual.withUnsafeBufferPointer { residual in
            guard let bias = bias.baseAddress, let residual = residual.baseAddress else { return }
            let epilogues: [PackedMatrix.Epilogue] = [
              .store, .bias(bias), .gelu(bias), .residual(bias, residual, stride: ldc),
            ]
            packed.product(
              rowCount: m, a: a, lda: lda, epilogue: epilogues[kind], c: &c, ldc: ldc)
          }
        }
        for i in 0..<m {
          for j in 0..<n {
            let sum = expected[i * n + j]
            let biased = sum + Double(bias[j])
            let value = [sum, biased, gelu(biased), biased + Double(residual[i * ldc + j])][kind]
            #expect(
              abs(Double(c[i * ldc + j]) - value) < 2e-6 * Double(k + 8),
              "\(path) \(m)x\(n)x\(k) epilogue \(kind) at \(i), \(j)")
          }
          #expect(c[i * ldc + n] == 7 && c[i * ldc + n + 1] == 7, "wrote beyond the row")
        }
      }
    }
  }

  @Test(arguments: paths)
  func `a row's product does not depend on the other rows, not in one bit`(path: KernelPath) {
    var generator = SplitMix64(seed: 12)
    let (m, n, k) = (31, 70, 45)
    let a = generator.normals(m * k)
    let packed = PackedMatrix(
      transposing: [Matrix(rowCount: n, columnCount: k, elements: generator.normals(n * k))],
      path: path)
    var whole = [Float](repeating: 0, count: m * n)
    packed.product(rowCount: m, a: a, lda: k, epilogue: .store, c: &whole, ldc: n)
    for i in 0..<m {
      var single = [Float](repeating: 0, count: n)
      packed.product(
        rowCount: 1, a: Array(a[i * k..<(i + 1) * k]), lda: k, epilogue: .store, c: &single,
        ldc: n)
      #expect(single == Array(whole[i * n..<(i + 1) * n]), "row \(i)")
    }
  }

  @Test(arguments: paths)
  func `weights side by side give their products side by side`(path: KernelPath) {
    let first = Matrix<Float>(rowCount: 1, columnCount: 2, elements: [1, 2])
    let second = Matrix<Float>(rowCount: 2, columnCount: 2, elements: [3, 4, 5, 6])
    let packed = PackedMatrix(transposing: [first, second], path: path)
    var c = [Float](repeating: 0, count: 3)
    packed.product(rowCount: 1, a: [1, 10], lda: 2, epilogue: .store, c: &c, ldc: 3)
    #expect(c == [21, 43, 65])
  }

  @Test(arguments: paths)
  func `GELU is within 1e-6 of the exact function everywhere`(path: KernelPath) {
    var x = (-4000...4000).map { Float($0) / 400 } + [-1e30, 1e30, 0, -0.0, 1e-30, -50, 50]
    let exact = x.map { gelu(Double($0)) }
    path.gelu(count: x.count, x: &x)
    for (found, expected) in zip(x, exact) {
      #expect(
        abs(Double(found) - expected) <= max(1e-6, 1e-6 * abs(expected)), "\(found) \(expected)")
    }
  }

  @Test(arguments: paths)
  func `softmax rows sum to one and equal the plain formula`(path: KernelPath) {
    var generator = SplitMix64(seed: 13)
    for n in [1, 3, 4, 15, 16, 17, 63, 130] {
      let ldx = n + 5
      let x = generator.normals(3 * ldx).map { $0 * 20 }
      var y = x
      path.softmax(rowCount: 3, columnCount: n, scale: 0.5, x: &y, ldx: ldx)
      for row in 0..<3 {
        let values = (0..<n).map { 0.5 * Double(x[row * ldx + $0]) }
        let top = values.max() ?? 0
        let total = values.reduce(0) { $0 + exp($1 - top) }
        for column in 0..<n {
          let expected = exp(values[column] - top) / total
          let found = Double(y[row * ldx + column])
          #expect(abs(found - expected) < 1e-5 * expected + 1e-30, "\(path) \(n)")
        }
        #expect(y[row * ldx + n] == x[row * ldx + n], "wrote beyond the row")
      }
    }
  }

  @Test(arguments: paths)
  func `softmax of equal and of far apart numbers is exact`(path: KernelPath) {
    var equal = [Float](repeating: -3e4, count: 8)
    path.softmax(rowCount: 1, columnCount: 8, scale: 1, x: &equal, ldx: 8)
    #expect(equal == [Float](repeating: 0.125, count: 8))
    var apart: [Float] = [0, -1e30, -200]
    path.softmax(rowCount: 1, columnCount: 3, scale: 1, x: &apart, ldx: 3)
    #expect(apart[0] == 1 && apart[1] < 1e-37 && apart[2] < 1e-37)
  }

  @Test(arguments: paths)
  func `layer normalisation equals the plain formula`(path: KernelPath) {
    var generator = SplitMix64(seed: 14)
    for n in [1, 8, 17, 33, 384] {
      let x = generator.normals(2 * n).map { $0 * 3 + 5 }
      let (gamma, beta) = (generator.normals(n), generator.normals(n))
      var y = [Float](repeating: 0, count: 2 * n)
      path.layerNorm(
        rowCount: 2, columnCount: n, x: x, ldx: n, gamma: gamma, beta: beta, epsilon: 1e-12,
        out: &y, ldo: n)
      for row in 0..<2 {
        let values = x[row * n..<(row + 1) * n].map(Double.init)
        let mean = values.reduce(0, +) / Double(n)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n)
        for column in 0..<n where n > 1 {
          let scaled = (values[column] - mean) / (variance + 1e-12).squareRoot()
          let expected = scaled * Double(gamma[column]) + Double(beta[column])
          #expect(abs(Double(y[row * n + column]) - expected) < 1e-5, "\(path) \(n)")
        }
      }
    }
  }

  @Test(arguments: paths)
  func `attention equals the plain formula`(path: KernelPath) {
    var generator = SplitMix64(seed: 15)
    for (count, heads, size) in [(1, 1, 8), (3, 2, 4), (17, 2, 32), (40, 1, 40), (65, 3, 64)] {
      let width = heads * size
      let ldqkv = 3 * width + 5
      let qkv = generator.normals(count * ldqkv)
      let scale = 1 / Float(size).squareRoot()
      var scratch = [Float](
        repeating: .nan,
        count: path.attentionScratchCount(tokenCount: count, headSize: size))
      var out = [Float](repeating: 0, count: count * width)
      path.attention(
        tokenCount: count, headCount: heads, headSize: size, qkv: qkv, ldqkv: ldqkv,
        scale: scale, scratch: &scratch, out: &out, ldo: width)
      func value(_ token: Int, _ part: Int, _ head: Int, _ d: Int) -> Double {
        Double(qkv[token * ldqkv + part * width + head * size + d])
      }
      for i in 0..<count {
        for head in 0..<heads {
          let scores = (0..<count).map { j in
            (0..<size).reduce(0.0) { $0 + value(i, 0, head, $1) * value(j, 1, head, $1) }
              * Double(scale)
          }
          let top = scores.max() ?? 0
          let weights = scores.map { exp($0 - top) }
          let total = weights.reduce(0, +)
          for d in 0..<size {
            let expected = (0..<count).reduce(0.0) { $0 + weights[$1] * value($1, 2, head, d) }
            let found = Double(out[i * width + head * size + d])
            #expect(abs(found - expected / total) < 2e-5, "\(path) \(count) \(heads) \(size)")
          }
        }
      }
    }
  }

  @Test(arguments: paths)
  func `dot and axpy equal plain loops`(path: KernelPath) {
    var generator = SplitMix64(seed: 16)
    for count in [0, 1, 7, 32, 33, 384] {
      let (a, b) = (generator.normals(count), generator.normals(count))
      let expected = zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(Double(path.dot(count: count, a, b)) - expected) < 1e-4)
      var y = b
      path.axpy(count: count, alpha: 0.5, x: a, y: &y)
      for index in 0..<count { #expect(abs(y[index] - (b[index] + 0.5 * a[index])) < 1e-6) }
    }
  }

  @Test(arguments: paths)
  func `the check at the start passes on this processor`(path: KernelPath) throws {
    try checkProducts(path: path)
  }

  @Test func `a failed check names the cause and the variable`() {
    let blas = ProductCheckFailure.blas(precision: "float32", difference: 1, limit: 1e-5)
    #expect("\(blas)".contains("OPENBLAS_CORETYPE"))
    let kernel = ProductCheckFailure.kernel(
      path: .avx2, function: "gemm", difference: .infinity, limit: 1e-5)
    #expect("\(kernel)".contains("AUTODIDACT_KERNEL_PATH") && "\(kernel)".contains("avx2"))
  }
}
