internal import Gradients
internal import Tensors

/// What the daemon found wrong with its own arithmetic; it does not serve then.
package enum TeacherSelfCheckFailure: Error, Equatable, CustomStringConvertible {
  /// The optimiser does not reach a known minimum.
  case optimum(expected: Double, actual: Double)

  /// What to do about it.
  package var description: String {
    switch self {
    case .optimum(let expected, let actual):
      "the optimiser reached \(actual) instead of \(expected)"
    }
  }
}

/// Compares products, the neighbour search and a fit with known results.
///
/// Cost: under ten milliseconds.
func checkTeacherArithmetic() throws {
  try checkNeighbors()
  // Two mirrored rows of opposite classes: the minimum over w of 2 log(1 + exp(-w)) + w² / 4.
  var loss = MultinomialLogisticLoss(
    features: Matrix(rowCount: 2, columnCount: 1, elements: [1, -1]), targets: .hard([0, 1]),
    classCount: 2, inversePenalty: 1)
  let minimum = LBFGS().minimize(from: [0, 0, 0, 0]) { loss.value(at: $0, gradient: &$1) }
  let expected = 0.875_717_7
  guard abs(minimum.value - expected) < 1e-4 else {
    throw TeacherSelfCheckFailure.optimum(expected: expected, actual: minimum.value)
  }
}
