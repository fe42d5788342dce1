internal import Judging
internal import Statistics

/// What the daemon found wrong with its own arithmetic; it does not serve then.
package enum JudgeSelfCheckFailure: Error, Equatable, CustomStringConvertible {
  /// A known value came out differently.
  case value(of: String, expected: Double, actual: Double)

  /// What is wrong.
  package var description: String {
    switch self {
    case .value(let name, let expected, let actual): "\(name) is \(actual) instead of \(expected)"
    }
  }
}

/// Compares a risk–coverage area, a p-value and a rule with known results.
///
/// Cost: under a millisecond.
func checkJudging() throws {
  let curve = RiskCoverage(scores: [0.9, 0.8, 0.7, 0.6], losses: [0, 1, 0, 1])
  let pValue = riskPValue(lossSum: 0, count: 14, isBinary: true, limit: 0.2)
  let rule = try Rules().judgement(on: JudgedAnswer(response: "Paris.", reference: "paris"))
  let found = [
    ("the area under the curve", 1.0 / 3, curve.area), ("the p-value", 0.043_980_465_1, pValue),
    ("a rule", 1, rule.value ?? -1),
  ]
  for (name, expected, actual) in found where !(abs(expected - actual) < 1e-9) {
    throw JudgeSelfCheckFailure.value(of: name, expected: expected, actual: actual)
  }
}
