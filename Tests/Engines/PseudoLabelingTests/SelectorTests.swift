import Tensors
import Testing

@testable import PseudoLabeling

@Suite struct SelectorTests {
  @Test func `quotas take the best of each class and no more`() {
    // Class 0: rows 0-5, class 1: rows 6-7. Uniform prior: 1.5 · ½ · 8 = 6 at most.
    let probabilities: [[Float]] = (0..<8).map { row in
      row < 6 ? [0.9 - Float(row) * 0.05, 0.1 + Float(row) * 0.05] : [0.2, 0.8]
    }
    let round = view(probabilities: probabilities)
    let selection = BalancedQuotaSelector(firstQuota: 0.5, lastQuota: 0.5)
      .selection(from: Array(0..<8), in: round)
    #expect(selection.rows == [0, 1, 2, 6])
    // π N / h = ½ · 4 / 3 and ½ · 4 / 1.
    #expect(abs(selection.weights[0] - 0.9 * 2 / 3) < 1e-6)
    #expect(abs(selection.weights[3] - 0.8 * 2) < 1e-6)
    #expect(selection.verdicts?.passes(2) == true)
    #expect(selection.verdicts?.passes(3) == false)
  }

  @Test func `a larger quota never takes fewer rows`() {
    let probabilities: [[Float]] = (0..<50).map { row in
      let p = Float((row * 37) % 50) / 50
      return [p, 1 - p]
    }
    var last = 0
    for quota in stride(from: 0.05, through: 1, by: 0.05) {
      let rows = BalancedQuotaSelector(firstQuota: quota, lastQuota: quota)
        .selection(from: Array(0..<50), in: view(probabilities: probabilities)).rows
      #expect(rows.count >= last)
      #expect(rows == rows.sorted())
      last = rows.count
    }
  }

  @Test func `the quota grows linearly with the rounds`() {
    let probabilities = [[Float]](repeating: [0.7, 0.3], count: 100) + [[0.3, 0.7]]
    let selector = BalancedQuotaSelector(firstQuota: 0.2, lastQuota: 0.5)
    let counts = (1...4).map { round in
      selector.selection(
        from: Array(0..<101), in: view(probabilities: probabilities, round: round, roundCount: 4)
      ).rows.count
    }
    // Class 0 has min(100, 1.5 · ½ · 101 = 75.75); class 1 has one row.
    #expect(counts == [15, 23, 30, 38 + 1])
  }

  @Test func `no admissible row gives an empty selection`() {
    let round = view(probabilities: [[0.6, 0.4], [0.4, 0.6]])
    #expect(
      BalancedQuotaSelector(firstQuota: 1, lastQuota: 1).selection(from: [], in: round).rows == [])
    #expect(ClassWeightedSelector(pseudoLabelWeight: 1).selection(from: [], in: round).rows == [])
  }

  @Test func `HAST's steps on six points equal the hand-made result`() {
    // Predictions 0 0 0 1 1 0; row 5 is unsure, row 4's neighbours disagree.
    let round = view(
      probabilities: [
        [0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.2, 0.8], [0.1, 0.9], [0.5, 0.5],
      ],
      agreement: [1, 0.6, 0.8, 0.7, 0.5, 1])
    let agreement = NeighborAgreement(minimum: 0.5, excludesMinimum: true).verdicts(on: round)
    let confidence = ConfidenceBound(minimum: 0.5).verdicts(on: round)
    let kept = (0..<6).filter { agreement.passes($0) && confidence.passes($0) }
    #expect(kept == [0, 1, 2, 3])
    let selection = ClassWeightedSelector(pseudoLabelWeight: 0.1).selection(from: kept, in: round)
    // h = (3, 1), h̄ = 2: α₀ = 10 σ(-1/3) = 4.1743, α₁ = 10 σ(1) = 7.3106.
    for (weight, wanted) in zip(selection.weights, [0.417430, 0.417430, 0.417430, 0.731059]) {
      #expect(abs(Double(weight) - wanted) < 1e-6)
    }
  }

  @Test func `soft targets sum to one and sharpen`() {
    let round = view(probabilities: [[0.6, 0.3, 0.1]])
    let targets = SoftTargets(power: 2).targets(of: [0], in: round).row(0)
    #expect(abs(targets.reduce(0, +) - 1) < 1e-6)
    #expect(abs(targets[0] - 0.36 / 0.46) < 1e-6)
    #expect(HardTargets().targets(of: [0], in: round).row(0) == [1, 0, 0])
  }
}
