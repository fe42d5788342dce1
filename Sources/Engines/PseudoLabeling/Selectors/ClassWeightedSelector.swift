private import Foundation

/// Takes every admissible row and gives rows of rare classes more weight.
///
/// The weight of a row of class `c` is `β · 10 · σ((h̄ - h_c) / h_c)` with `h_c` rows taken of class
/// `c`, `h̄` the mean over the classes rounded down, and `σ` the logistic function.
/// Source: C. Schröder, G. Heyer, Self-Training for Sample-Efficient Active Learning for Text
/// Classification with Pre-Trained Language Models, EMNLP 2024, arXiv 2406.09206.
package struct ClassWeightedSelector: Selector, Equatable {
  /// The weight of pseudo-labels beside true ones, `β`, positive.
  package var pseudoLabelWeight: Double

  /// Creates the selector.
  package init(pseudoLabelWeight: Double) {
    precondition(pseudoLabelWeight > 0, "weight \(pseudoLabelWeight)")
    self.pseudoLabelWeight = pseudoLabelWeight
  }

  /// The rows chosen from `admissible` and their weights.
  package func selection(from admissible: [Int], in round: RoundView) -> Selection {
    var counts = [Int](repeating: 0, count: round.classCount)
    for row in admissible { counts[Int(round.predictions[row])] += 1 }
    let mean = Double(admissible.count / round.classCount)
    let weights = counts.map { count -> Float in
      guard count > 0 else { return 0 }
      let balance = (mean - Double(count)) / Double(count)
      return Float(pseudoLabelWeight * 10 / (1 + exp(-balance)))
    }
    return Selection(
      rows: admissible, weights: admissible.map { weights[Int(round.predictions[$0])] },
      verdicts: nil)
  }
}
