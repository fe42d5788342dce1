package import Tensors

/// What a person should label next: the rows whose two best classes a head can least tell apart.
///
/// Rows are ranked by the margin between the two largest calibrated probabilities, the smallest
/// first, equal margins by row. A row among the nearest neighbours of a chosen row is passed over
/// while others are left, so that a batch does not ask the same question twice.
/// Source: T. Luo et al., Active Learning to Recognize Multiple Types of Plankton, JMLR 2005.
/// Cost: one sort. Deterministic.
package struct BreakingTies: Sendable, Equatable {
  /// The number of neighbours of a chosen row that are passed over; 0 asks without diversity.
  package var neighborCount: Int

  /// Creates the strategy.
  package init(neighborCount: Int = 5) {
    precondition(neighborCount >= 0, "\(neighborCount) neighbours")
    self.neighborCount = neighborCount
  }

  /// A row to label.
  package struct Question: Sendable, Equatable {
    /// The row of the pool.
    package let row: Int
    /// The most probable class.
    package let predictedClass: Int
    /// Its calibrated probability.
    package let confidence: Float
    /// The difference to the second most probable class.
    package let margin: Float
    /// The second most probable class.
    package let rival: Int
  }

  /// The `count` rows of `candidates` to label, the most useful first; fewer where there are fewer.
  ///
  /// `probabilities` are calibrated, `[rows, classes]`, of at least two classes.
  package func questions(
    _ count: Int, among candidates: [Int], probabilities: Matrix<Float>, graph: NeighborGraph
  ) -> [Question] {
    let ranked = candidates.map { question($0, probabilities: probabilities) }.sorted {
      $0.margin != $1.margin ? $0.margin < $1.margin : $0.row < $1.row
    }
    var chosen: [Question] = []
    var later: [Question] = []
    var near = Set<Int32>()
    for question in ranked {
      guard chosen.count < count else { break }
      if near.contains(Int32(question.row)) {
        later.append(question)
        continue
      }
      chosen.append(question)
      near.formUnion(graph.rows(near: question.row, count: neighborCount))
    }
    return chosen + later.prefix(count - chosen.count)
  }

  private func question(_ row: Int, probabilities: Matrix<Float>) -> Question {
    let values = probabilities.row(row)
    var (best, second) = values[1] > values[0] ? (1, 0) : (0, 1)
    for label in values.indices.dropFirst(2) {
      if values[label] > values[best] {
        (best, second) = (label, best)
      } else if values[label] > values[second] {
        second = label
      }
    }
    return Question(
      row: row, predictedClass: best, confidence: values[best],
      margin: values[best] - values[second], rival: second)
  }
}
