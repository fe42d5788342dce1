import Decoding
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct LogitRowTests {
  @Test(arguments: KernelPath.supported, [0, 1, 7, 15, 16, 17, 255, 256, 257, 1000])
  func `logsumexp equals the plain sum`(path: KernelPath, count: Int) {
    var random = SplitMix64(seed: UInt64(count))
    for scale in [0.1, 1, 3] as [Float] {
      let logits = random.normals(count).map { $0 * 6 }
      let expected = log(logits.reduce(0) { $0 + exp(Double(scale) * Double($1)) })
      let found = logSumExp(logits, scale: scale, on: path)
      #expect(found == expected || abs(found - expected) < 2e-6, "\(found) \(expected)")
    }
  }

  @Test(arguments: KernelPath.supported)
  func `extreme logits have their limits`(path: KernelPath) {
    func sum(_ logits: [Float]) -> Double { logSumExp(logits, on: path) }
    #expect(sum([]) == -.infinity)
    #expect(sum([-.infinity, -.infinity]) == -.infinity)
    #expect(sum([.nan, -.infinity]) == -.infinity)
    #expect(sum([.infinity, 3]) == .infinity)
    #expect(sum([.nan, 2, -.infinity]) == 2)
    #expect(sum([3e38, -3e38]) == Double(3e38 as Float))
    #expect(abs(sum([1000, 1000]) - (1000 + log(2))) < 1e-6)
    #expect(sum([0, -86.9, -87.1, -200]) < 1e-30)
  }

  @Test(arguments: KernelPath.supported)
  func `the greatest logit is the first of equals`(path: KernelPath) {
    #expect(argmax([1, 3, 3, 2], on: path) == 1)
    #expect(argmax([.nan, -1, .nan, -1], on: path) == 1)
    #expect(argmax([-.infinity, .nan], on: path) == nil)
    #expect(argmax([5, .infinity, .infinity], on: path) == 1)
    #expect(argmax([], on: path) == nil)
    var random = SplitMix64(seed: 2)
    for count in 1...200 {
      let logits = random.normals(count).map { ($0 * 3).rounded() }
      #expect(argmax(logits, on: path) == logits.firstIndex(of: logits.max() ?? 0))
    }
  }

  @Test(arguments: KernelPath.supported)
  func `what is gathered is what stands at or above the bound`(path: KernelPath) {
    var random = SplitMix64(seed: 3)
    for count in 0...150 {
      var logits = random.normals(count).map { ($0 * 3).rounded() }
      if count > 4 { logits[4] = .nan }
      var found: [Int32] = []
      path.gather(logits.span, from: 1, into: &found)
      #expect(found == logits.indices.filter { logits[$0] >= 1 }.map { Int32($0) })
    }
  }
}
