internal import Messages

/// One score as a line of JSON.
struct ScoreRow: Encodable {
  struct Part: Encodable {
    var name: String
    var value: Double
    var reason: String?
  }

  var id: String
  var scoreId: String
  var status: String
  var value: Double?
  var probability: Double?
  var probabilityLower: Double?
  var probabilityUpper: Double?
  var reason: String?
  var parts: [Part]

  init(_ score: ItemScore) {
    id = score.itemID
    scoreId = score.scoreID
    status = score.status.word
    value = score.status == .scored ? score.value : nil
    probability = score.probability
    probabilityLower = score.probability == nil ? nil : score.probabilityLower
    probabilityUpper = score.probability == nil ? nil : score.probabilityUpper
    reason = score.reason.isEmpty ? nil : score.reason
    parts = score.parts.map {
      Part(name: $0.name, value: $0.value, reason: $0.reason.isEmpty ? nil : $0.reason)
    }
  }
}

/// The order of one prompt's candidates as a line of JSON.
struct RankRow: Encodable {
  struct VoteRow: Encodable {
    var answer: String
    var count: UInt32
    var share: Double
  }

  var id: String
  /// The index of the best candidate; nothing where none has a score.
  var best: UInt32?
  var order: [UInt32]
  var tie: Bool
  var scores: [ScoreRow]
  var votes: [VoteRow]?

  init(_ ranking: Ranking) {
    id = ranking.promptID
    order = ranking.order
    best = ranking.order.first { ranking.scores[Int($0)].status == .scored }
    tie = ranking.tie
    scores = ranking.scores.map { ScoreRow($0) }
    votes =
      ranking.votes.isEmpty
      ? nil
      : ranking.votes.map { VoteRow(answer: $0.answer, count: $0.count, share: $0.share) }
  }
}

/// The verdict on one pair as a line of JSON.
struct ComparisonRow: Encodable {
  var id: String
  var preference: String
  var probability: Double?
  var flipped: Bool
  var status: String
  var reason: String?

  init(_ comparison: Comparison) {
    id = comparison.pairID
    let words: [Preference: String] = [.first: "a", .second: "b", .tie: "tie"]
    preference = words[comparison.preference] ?? "none"
    probability =
      comparison.status == .scored
      ? (comparison.probabilityForward + comparison.probabilityBackward) / 2 : nil
    flipped = comparison.flipped
    status = comparison.status.word
    reason = comparison.reason.isEmpty ? nil : comparison.reason
  }
}

/// The decision on one answer as a line of JSON.
struct DecisionRow: Encodable {
  var id: String
  var accepted: Bool
  var reason: String?
  var score: ScoreRow?

  init(_ decision: Decision) {
    id = decision.itemID
    accepted = decision.accepted
    reason = decision.reason.isEmpty ? nil : decision.reason
    score = decision.score.map { ScoreRow($0) }
  }
}

extension ScoreStatus {
  /// The status as people write it.
  package var word: String {
    switch self {
    case .scored: "scored"
    case .unscored: "unscored"
    case .error: "error"
    case .unspecified: "unspecified"
    }
  }
}
