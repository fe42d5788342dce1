import Foundation
import RealModule
import TestSupport
import Testing

@testable import Decoding

@Suite struct TokenReporterTests {
  @Test func `log-probabilities and the most probable tokens are those of the softmax`() {
    var random = SplitMix64(seed: 3)
    for _ in 0..<50 {
      let logits = random.normals(40).map { ($0 * 4).rounded() / 2 }
      let expected = ReferenceDecoding.logProbabilities(logits)
      let report = TokenReport(logProbabilities: true, topCount: 7)
      let told = report.decided(5, logits)
      #expect(abs(told.logProbability - expected[5]) < 1e-5)
      let order = expected.indices.sorted { (logits[$1], $0) < (logits[$0], $1) }
      #expect(told.top.map { Int($0.token) } == Array(order.prefix(7)))
      for top in told.top {
        #expect(abs(top.logProbability - expected[Int(top.token)]) < 1e-5)
      }
      let sum = logSumExp(logits)
      let plain = expected.reduce(0) { $0 - exp(Double($1)) * Double($1) }
      #expect(abs(Double(entropy(logits, sum)) - plain) < 1e-5)
    }
  }

  @Test func `extreme logits have defined reports`() {
    let report = TokenReport(logProbabilities: true, topCount: 2)
    let odd: [Float] = [.nan, 1, -.infinity]
    #expect(report.decided(0, odd).logProbability == -.infinity)
    #expect(report.decided(1, odd).logProbability == 0)
    #expect(report.decided(1, odd).top.map(\.token) == [1, 0])
    let none: [Float] = [.nan, -.infinity]
    #expect(report.decided(0, none).logProbability == -.infinity)
    #expect(entropy(none, logSumExp(none)) == 0)
    let infinite: [Float] = [2, .infinity]
    #expect(report.decided(1, infinite).logProbability == 0)
    #expect(report.decided(0, infinite).logProbability == -.infinity)
    #expect(entropy([0, 0, -.infinity], Double.log(2)) == Float(Double.log(2)))
  }
}
