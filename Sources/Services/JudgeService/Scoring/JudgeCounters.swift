internal import CoreMetrics
internal import Daemon
internal import Judging
internal import Messages
internal import Methods

/// Counts what the judge daemon does.
///
/// Scores are counted by method: the names of judges are the callers', and no closed set.
package struct JudgeCounters: Sendable {
  /// A score's method and status.
  private struct Kind: Hashable {
    var method: String
    var status: ScoreStatus
  }

  private var scores: [Kind: Counter] = [:]
  private var accepted: Counter?
  private var abstained: Counter?

  /// Creates counters that count nothing.
  package init() {}

  /// The daemon's counters, all of them there from the start.
  init(_ metrics: MetricsRegistry) {
    let statuses: [(ScoreStatus, String)] = [
      (.scored, "scored"), (.unscored, "unscored"), (.error, "error"),
    ]
    for method in JudgingMethods.all {
      for (status, name) in statuses {
        scores[Kind(method: method.card.id, status: status)] = metrics.counter(
          "autodidact_judge_scores_total",
          help: "Scores that were stored, by the judge's method and whether there is a value.",
          labels: [("method", method.card.id), ("status", name)])
      }
    }
    func decisions(_ outcome: String) -> Counter {
      metrics.counter(
        "autodidact_judge_decisions_total",
        help: "Decisions under a certificate: answers accepted, and abstentions.",
        labels: [("outcome", outcome)])
    }
    accepted = decisions("accepted")
    abstained = decisions("abstained")
  }

  /// Counts new scores of a method.
  func count(_ statuses: [ScoreStatus], method: String) {
    for status in statuses { scores[Kind(method: method, status: status)]?.increment() }
  }

  /// Counts decisions.
  func count(_ decisions: [Decision]) {
    let acceptedCount = decisions.count { $0.accepted }
    accepted?.increment(by: acceptedCount)
    abstained?.increment(by: decisions.count - acceptedCount)
  }
}
