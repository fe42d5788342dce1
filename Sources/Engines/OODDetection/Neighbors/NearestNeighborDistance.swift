package import Methods
package import Tensors

/// The distance to the `k`-th nearest known feature on the unit sphere, in `0...2`.
///
/// `z = x / max(‖x‖, 1e-12)`; the score is `‖z - z_(k)‖`. The neighbours are exact
/// (`NeighborBank`), and the distance is computed in double precision, so that near duplicates keep
/// their digits. A zero vector stays zero and is at distance one from every other.
///
/// Shapes: features `[rows, dimensions]`, float32, one score a row. Cost:
/// `2 · dimensions · known rows` operations a row; memory: the known rows twice.
/// Source: Y. Sun et al., Out-of-Distribution Detection with Deep Nearest Neighbors, ICML 2022,
/// arXiv 2204.06507. Deviation: the default `k` is 1, the best for sentence features, where the
/// paper takes 50 to 1,000 for images.
package struct NearestNeighborDistance: OODScorer {
  /// The settings of the neighbour search.
  package struct Parameters: MethodParameters {
    /// The rank of the neighbour whose distance is the score.
    package var k = 1

    /// Creates the defaults.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? { neighborViolation(k) }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "knn", title: "k-nearest-neighbour distance",
    source: "Sun et al., Out-of-Distribution Detection with Deep Nearest Neighbors, ICML 2022",
    needs: [.features],
    summary: "The distance to the k-th nearest known feature, all features of length one.")

  /// The settings that the scorer was fitted with.
  package let parameters: Parameters
  private let bank: NeighborBank
  private let squaredLengths: [Double]

  /// Fits the method on the known distribution.
  package static func fitted(
    _ parameters: Parameters, on reference: ReferenceSet
  ) throws(FitError) -> NearestNeighborDistance {
    if let violation = parameters.violation { throw .parameter(violation) }
    guard parameters.k <= reference.features.rowCount else {
      throw .tooFewRows(count: reference.features.rowCount, required: parameters.k)
    }
    return NearestNeighborDistance(
      parameters: parameters, normalizedRows: reference.features.normalizedRows())
  }

  private init(parameters: Parameters, normalizedRows: Matrix<Float>) {
    self.parameters = parameters
    bank = NeighborBank(normalizedRows)
    squaredLengths = normalizedRows.squaredRowLengths()
  }

  /// Reads a fitted scorer from its stored state.
  package init(
    reading state: inout StateReader, parameters: Parameters
  ) throws(StateError) {
    let rows = try state.matrix()
    guard parameters.k <= rows.rowCount else { throw .inconsistent("k") }
    self.init(parameters: parameters, normalizedRows: rows)
  }

  /// Writes what fitting found.
  package func write(to state: inout StateWriter) { state.append(bank.rows) }

  /// The number of dimensions of the features.
  package var dimensionCount: Int { bank.rows.columnCount }

  /// The scores of `features`, one a row.
  package func scores(_ features: Matrix<Float>) -> [Float] {
    let queries = features.normalizedRows()
    let found = bank.nearest(parameters.k, to: queries)
    return queries.squaredRowLengths().enumerated().map { query, squaredLength in
      let place = query * parameters.k + parameters.k - 1
      let squared =
        squaredLength + squaredLengths[Int(found.rows[place])] - 2 * found.similarities[place]
      return Float(max(squared, 0).squareRoot())
    }
  }
}

/// What is wrong with a rank of a neighbour, where something is.
func neighborViolation(_ k: Int) -> ParameterViolation? {
  guard k >= 1, k <= 10_000 else {
    return ParameterViolation(name: "k", value: "\(k)", range: "1 to 10000")
  }
  return nil
}
