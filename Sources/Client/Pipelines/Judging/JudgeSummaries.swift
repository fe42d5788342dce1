package import Messages

extension JudgeJobs {
  /// What a run of scores belongs to.
  package struct Run: Sendable {
    /// The judge's name.
    package var judge: String
    /// Its version; 0: the newest.
    package var version: UInt32 = 0
    /// The run's id; empty: a new one.
    package var id = ""
    /// What made the answers.
    package var policy = Policy()

    /// A run of a judge.
    package init(judge: String) {
      self.judge = judge
    }
  }

  /// How many rows came out how, and their means beside that of the length.
  package struct Summary: Sendable, Equatable, Encodable {
    /// Rows with a score.
    package var scoredCount = 0
    /// Rows without.
    package var unscoredCount = 0
    /// Rows on which judging failed.
    package var errorCount = 0
    /// Rows that the run had already.
    package var existingCount = 0
    /// The mean score of the scored rows.
    package var meanValue: Double?
    /// The run's id.
    package var runId = ""

    private var sum = 0.0

    private enum CodingKeys: String, CodingKey {
      case scoredCount, unscoredCount, errorCount, existingCount, meanValue, runId
    }

    mutating func add(_ score: ItemScore) {
      switch score.status {
      case .scored:
        scoredCount += 1
        sum += score.value
        meanValue = sum / Double(scoredCount)
      case .error: errorCount += 1
      case .unscored, .unspecified: unscoredCount += 1
      }
      if score.existed { existingCount += 1 }
    }
  }

  /// What came of the pairs of a file.
  package struct PairSummary: Sendable, Equatable, Encodable {
    /// Pairs with a verdict.
    package var scoredCount = 0
    /// Pairs without.
    package var unscoredCount = 0
    /// Verdicts that neither answer is better.
    package var tieCount = 0
    /// Pairs whose verdict changes with the order of the answers.
    package var flippedCount = 0
    /// Pairs with a verdict of which a label says which answer is better.
    package var labelledCount = 0
    /// The share of those that are judged as labelled, ties counting half.
    package var accuracy: Double?
    /// The same share for the longer answer.
    package var lengthAccuracy: Double?
    /// What the length counts.
    package let lengthUnit: String
    /// The run's id.
    package let runId: String

    private var hits = 0.0
    private var lengthHits = 0.0

    private enum CodingKeys: String, CodingKey {
      case scoredCount, unscoredCount, tieCount, flippedCount, labelledCount, accuracy
      case lengthAccuracy, lengthUnit, runId
    }

    init(lengthUnit: String, runId: String) {
      self.lengthUnit = lengthUnit
      self.runId = runId
    }

    mutating func add(_ comparison: Comparison, length: Comparison, label: Double?) {
      guard comparison.status == .scored else {
        unscoredCount += 1
        return
      }
      scoredCount += 1
      if comparison.preference == .tie { tieCount += 1 }
      if comparison.flipped { flippedCount += 1 }
      guard let label else { return }
      labelledCount += 1
      hits += comparison.agreement(with: label)
      lengthHits += length.agreement(with: label)
      accuracy = hits / Double(labelledCount)
      lengthAccuracy = lengthHits / Double(labelledCount)
    }
  }
}

extension JudgeJobs.Summary {
  /// All rows.
  package var total: Int { scoredCount + unscoredCount + errorCount }
}

extension Comparison {
  /// 1 where the verdict is the label's, 0 where it is the other, and half of it for a tie.
  fileprivate func agreement(with label: Double) -> Double {
    switch preference {
    case .first: label
    case .second: 1 - label
    case .tie, .unspecified: 0.5
    }
  }
}
