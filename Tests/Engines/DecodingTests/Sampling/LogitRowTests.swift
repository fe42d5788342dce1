import Decoding
import Foundation
import TestSupport
import Testing

@Suite struct LogitRowTests {
  @Test(arguments: [0, 1, 7, 8, 9, 255, 256, 257, 1000])
  func `logsumexp equals the plain sum`(count: Int) {
    var random = SplitMix64(seed: UInt64(count))
    for scale in [0.1, 1, 3] as [Float] {
      let logits = random.normals(count).map { $0 * 6 }
      let expected = log(logits.reduce(0) { $0 + exp(Double(scale) * Double($1)) })
      let found = logSumExp(logits, scale: scale)
      #expect(found == expected || abs(found - expected) < 2e-6, "\(found) \(expected)")
    }
  }

  @Test func `extreme logits have their limits`() {
    #expect(logSumExp([]) == -.infinity)
    #expect(logSumExp([-.infinity, -.infinity]) == -.infinity)
    #expect(logSumExp([.nan, -.infinity]) == -.infinity)
    #expect(logSumExp([.infinity, 3]) == .infinity)
    #expect(logSumExp([.nan, 2, -.infinity]) == 2)
    #expect(logSumExp([3e38, -3e38]) == Double(3e38 as Float))
    #expect(abs(logSumExp([1000, 1000]) - (1000 + log(2))) < 1e-9)
    #expect(logSumExp([0, -86.9, -87.1, -200]) < 1e-30)
  }

  @Test func `the greatest logit is the first of equals`() {
    #expect(argmax([1, 3, 3, 2]) == 1)
    #expect(argmax([.nan, -1, .nan, -1]) == 1)
    #expect(argmax([-.infinity, .nan]) == nil)
    #expect(argmax([5, .infinity, .infinity]) == 1)
    #expect(argmax([]) == nil)
  }
}
