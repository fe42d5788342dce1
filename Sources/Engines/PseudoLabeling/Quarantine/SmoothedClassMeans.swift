private import Statistics
private import Tensors

/// How foreign each row is, from the class means of the labels smoothed over the pool.
///
/// `s(x) = max_c x · m_c / ‖m_c‖` is the similarity to the nearest class mean; it is averaged over
/// the `neighborCount` nearest pool rows, twice, and the score is `1 - s`: higher is more foreign.
/// For a labelled row the score is computed once more with the row left out of its own class's
/// mean, along the whole path, so that labelled and unlabelled rows can be compared.
///
/// - Shapes: one score a row; rows of unit length.
/// - Cost: one product with the class means, two passes over the graph, and `neighborCount²`
///   inner products for each labelled row. Deterministic.
/// - Source: similarity to class means (T. Mensink et al., TPAMI 2013) with the smoothing measured
///   for this project; leave-one-out scores are this project's own, because the plain scores of
///   labelled rows are higher than those of their like.
struct SmoothedClassMeans: Sendable {
  /// The score of each row `[rows]`.
  let scores: [Float]
  /// The leave-one-out score of each labelled row `[labelled]`.
  let labelledScores: [Float]

  init(data: SelfTrainingData, graph: NeighborGraph, neighborCount: Int = 10) {
    let classCount = data.classCount
    let labelled = data.features.selecting(rows: Array(0..<data.labelledCount))
    let (means, counts) = classMeans(of: labelled, labels: data.labels, classCount: classCount)
    let directions = Matrix<Float>(
      rowCount: classCount, columnCount: means.columnCount,
      elements: means.elements.map { Float($0) }
    ).normalizedRows()
    let similarities = data.features.multiplied(byTransposeOf: directions)
    var nearest = [Float](repeating: 0, count: data.features.rowCount)
    for row in nearest.indices { nearest[row] = similarities.row(row).max() ?? 0 }
    let once = graph.smoothed(nearest, count: neighborCount)
    scores = graph.smoothed(once, count: neighborCount).map { 1 - $0 }

    labelledScores = data.labels.indices.map { row in
      let label = data.labels[row]
      let own = data.features.row(row)
      let rest = means.row(label).enumerated().map { column, mean in
        Float(mean * Double(counts[label]) - Double(own[column]))
      }
      let direction = Matrix<Float>(rowCount: 1, columnCount: rest.count, elements: rest)
        .normalizedRows().row(0)
      return Self.leftOutScore(
        of: row, label: label, direction: direction, similarities: similarities, data: data,
        graph: graph, neighborCount: neighborCount)
    }
  }

  /// The score of `row` where the mean of class `label` has another direction.
  private static func leftOutScore(
    of row: Int, label: Int, direction: [Float], similarities: Matrix<Float>,
    data: SelfTrainingData, graph: NeighborGraph, neighborCount: Int
  ) -> Float {
    var known: [Int32: Float] = [:]
    let width = data.classCount
    func nearest(_ other: Int32) -> Float {
      if let value = known[other] { return value }
      let features = data.features.row(Int(other))
      var best = zip(features, direction).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      similarities.withUnsafeBufferPointer { elements in
        for column in 0..<width where column != label {
          best = max(best, elements[Int(other) * width + column])
        }
      }
      known[other] = best
      return best
    }
    let near = graph.rows(near: row, count: neighborCount)
    var sum: Float = 0
    for neighbor in near {
      let further = graph.rows(near: Int(neighbor), count: neighborCount)
      sum += further.reduce(0) { $0 + nearest($1) } / Float(further.count)
    }
    return 1 - sum / Float(near.count)
  }
}
