import Messages

/// What the judges say about one answer.
struct CandidateVerdict {
  /// Of the judge that selects; nil: it has no opinion.
  var score: Double?
  /// The score's row in the judge's records.
  var scoreID = ""
  /// Why there is no score.
  var reason = ""
  /// The answer as it was read; nil: it cannot be read.
  var answer: String?
  /// The share of the question's samples that give this answer.
  var voteShare: Double?
  /// Equal to the gold answer, where there is one.
  var isRight: Bool?
  /// The sum over the tokens.
  var logProbability: Double
  /// The answer did not come to its own end.
  var isCutOff: Bool

  /// Notes the score of the judge that selects.
  mutating func note(score item: ItemScore) {
    scoreID = item.scoreID
    reason = item.reason
    score = item.status == .scored ? item.value : nil
  }

  /// Notes the vote.
  mutating func note(vote item: ItemScore) {
    guard item.status == .scored else { return }
    voteShare = item.value
    answer = item.parts.first { $0.name == "votes" }?.reason
  }

  /// Notes the comparison with the gold answer; what cannot be read is not right.
  mutating func note(grade item: ItemScore) {
    isRight = item.status == .scored && item.value >= 1
  }

  /// Whether this answer is to be taken before `other`: the higher score, then the more probable.
  func isBetter(than other: CandidateVerdict) -> Bool {
    guard let score, let rival = other.score else { return score != nil }
    return (score, logProbability) > (rival, other.logProbability)
  }
}

/// The verdicts on all answers.
struct JudgedAnswers {
  /// By question and sample; none for a question that could not be answered.
  var verdicts: [[CandidateVerdict]]
  /// Answers with lower scores are never the best: those that a rule refuses.
  var scoreMin = -Double.infinity

  /// The best whole answer of a question; the first of equals, none where no answer has a score.
  func best(of question: Int) -> Int? {
    var best: Int?
    for (sample, verdict) in verdicts[question].enumerated()
    where verdict.score.map({ $0 >= scoreMin }) == true && !verdict.isCutOff {
      if let known = best, !verdict.isBetter(than: verdicts[question][known]) { continue }
      best = sample
    }
    return best
  }

  /// The best-scored answer of a question that says something else than its best one.
  func bestRival(of question: Int, to chosen: Int) -> Int? {
    let answer = verdicts[question][chosen].answer
    var best: Int?
    for (sample, verdict) in verdicts[question].enumerated()
    where sample != chosen && verdict.answer != nil && verdict.answer != answer {
      if let known = best, !verdict.isBetter(than: verdicts[question][known]) { continue }
      best = sample
    }
    return best
  }
}
