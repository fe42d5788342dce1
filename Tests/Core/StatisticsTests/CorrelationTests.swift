import TestSupport
import Testing

@testable import Statistics

@Suite struct CorrelationTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let first: [Double]
      let second: [Double]
      let pearson: Double
      let spearman: Double
      let kendall: Double
      let isPositive: [Bool]
      let auroc: Double
    }
    let cases: [Case]
  }

  @Test func `correlations and areas equal those of SciPy and scikit-learn`() throws {
    for sample in try golden("correlation", as: Golden.self).cases {
      let found = [
        pearsonCorrelation(sample.first, sample.second),
        spearmanCorrelation(sample.first, sample.second),
        kendallCorrelation(sample.first, sample.second),
        areaUnderROC(scores: sample.first, isPositive: sample.isPositive),
      ]
      let expected = [sample.pearson, sample.spearman, sample.kendall, sample.auroc]
      for (found, expected) in zip(found, expected) {
        #expect(abs((found ?? .nan) - expected) < 1e-12)
      }
    }
  }

  @Test func `Kendall's fast count equals the count over all pairs`() {
    var random = SplitMix64(seed: 5)
    for count in 2..<40 {
      let first = (0..<count).map { _ in Double(Int(random.uniform() * 6)) }
      let second = (0..<count).map { _ in Double(Int(random.uniform() * 5)) }
      var (concordant, discordant, tiedFirst, tiedSecond) = (0.0, 0.0, 0.0, 0.0)
      for i in 0..<count {
        for j in 0..<i {
          let product = (first[i] - first[j]) * (second[i] - second[j])
          if product > 0 { concordant += 1 }
          if product < 0 { discordant += 1 }
          if first[i] == first[j] { tiedFirst += 1 }
          if second[i] == second[j] { tiedSecond += 1 }
        }
      }
      let pairs = Double(count * (count - 1) / 2)
      let scale = ((pairs - tiedFirst) * (pairs - tiedSecond)).squareRoot()
      let expected = scale > 0 ? (concordant - discordant) / scale : nil
      let found = kendallCorrelation(first, second)
      #expect((found == nil) == (expected == nil), "\(first) \(second)")
      if let found, let expected { #expect(abs(found - expected) < 1e-12) }
    }
  }

  @Test func `constant lists have no correlation`() {
    for pair in [([1.0, 1, 1], [1.0, 2, 3]), ([1, 2, 3], [0, 0, 0]), ([], []), ([1], [2])] {
      #expect(pearsonCorrelation(pair.0, pair.1) == nil)
      #expect(spearmanCorrelation(pair.0, pair.1) == nil)
      #expect(kendallCorrelation(pair.0, pair.1) == nil)
    }
    #expect(areaUnderROC(scores: [1, 2], isPositive: [true, true]) == nil)
    #expect(areaUnderROC(scores: [2, 2], isPositive: [true, false]) == 0.5)
  }
}
