internal import Judging
package import Messages
package import TTRPC

extension AuditedJudgeService {
  private static let setCountMax = 1000

  /// Orders the candidate answers of each prompt.
  package func rank(_ request: RankRequest, context: ServerContext) async throws -> RankResponse {
    let judge = try await store.judge(request.judge, version: Int(request.version))
    try checkIDs(request.sets.map(\.promptID), what: "prompt_id", of: "sets")
    let consensus = judge.engine as? Consensus
    var items: [JudgedItem] = []
    for set in request.sets { items += try self.items(of: set, voting: consensus != nil) }
    let run = try await run(request.runID, judge: judge, policy: request.policy)
    var scores: [ItemScore] = []
    let size = JudgeServiceConfiguration.messageItemCountMax
    for start in stride(from: 0, to: items.count, by: size) {
      scores += try await score(
        Array(items[start..<min(start + size, items.count)]), in: run, by: judge)
    }
    var rankings: [Ranking] = []
    var start = 0
    for set in request.sets {
      let end = start + set.candidates.count
      rankings.append(Ranking(set, scores: Array(scores[start..<end]), consensus: consensus))
      start = end
    }
    return RankResponse(rankings: rankings, judgeDigest: judge.digest)
  }

  /// Says which of two answers is better, asked in both orders.
  package func compare(
    _ request: CompareRequest, context: ServerContext
  ) async throws -> CompareResponse {
    let judge = try await store.judge(request.judge, version: Int(request.version))
    try checkIDs(request.pairs.map(\.pairID), what: "pair_id", of: "pairs")
    let votes = judge.engine is Consensus
    let items = request.pairs.flatMap { pair in
      [("1", pair.first, pair.second), ("2", pair.second, pair.first)].map { number, own, other in
        JudgedItem(
          itemID: "\(pair.pairID)/\(number)", promptID: pair.pairID, prompt: pair.prompt,
          response: own, reference: pair.reference, otherSamples: votes ? [other] : [])
      }
    }
    let run = try await run(request.runID, judge: judge, policy: nil)
    let scores = try await score(items, in: run, by: judge)
    return CompareResponse(
      comparisons: request.pairs.indices.map { index in
        Comparison(
          pairID: request.pairs[index].pairID, first: scores[2 * index],
          second: scores[2 * index + 1])
      }, judgeDigest: judge.digest)
  }

  private func checkIDs(
    _ ids: [String], what: String, of collection: String
  ) throws(JudgeServiceError) {
    guard ids.count <= Self.setCountMax else {
      throw .beyondLimit(what: collection, value: ids.count, limit: Self.setCountMax)
    }
    // An item's id is the prompt's with a number behind it.
    let limit = JudgeServiceConfiguration.idBytesMax - 6
    var known: Set<String> = []
    for id in ids {
      guard (1...limit).contains(id.utf8.count) else {
        throw .outOfRange(name: what, value: "\(id.utf8.count) bytes", range: "1 to \(limit) bytes")
      }
      guard known.insert(id).inserted else { throw .duplicateID(id) }
    }
  }

  private func items(
    of set: CandidateSet, voting: Bool
  ) throws(JudgeServiceError) -> [JudgedItem] {
    guard (1...JudgeServiceConfiguration.candidateCountMax).contains(set.candidates.count) else {
      throw .outOfRange(
        name: "candidates of `\(set.promptID)`", value: "\(set.candidates.count)",
        range: "1 to \(JudgeServiceConfiguration.candidateCountMax)")
    }
    let texts = set.candidates.map(\.response)
    let bytes = texts.reduce(0) { $0 + $1.utf8.count } * (voting ? texts.count : 1)
    guard bytes <= JudgeServiceConfiguration.voteBytesMax else {
      throw .beyondLimit(
        what: "bytes of the votes of `\(set.promptID)`", value: bytes,
        limit: JudgeServiceConfiguration.voteBytesMax)
    }
    return set.candidates.indices.map { index in
      var others: [String] = []
      if voting {
        others = texts
        others.remove(at: index)
      }
      return JudgedItem(
        itemID: "\(set.promptID)/\(index)", promptID: set.promptID, prompt: set.prompt,
        response: texts[index], reference: set.reference,
        tokenLogProbabilities: set.candidates[index].tokenLogProbabilities, otherSamples: others)
    }
  }
}

extension Ranking {
  /// The candidates, those with a score first and the best of them before the others.
  fileprivate init(_ set: CandidateSet, scores: [ItemScore], consensus: Consensus?) {
    let order = scores.indices.sorted { first, second in
      let (one, other) = (scores[first].scoredValue, scores[second].scoredValue)
      guard one != other else { return first < second }
      return (one ?? -.infinity) > (other ?? -.infinity)
    }
    let best = order.first.flatMap { scores[$0].scoredValue }
    self.init(promptID: set.promptID, order: order.map { UInt32($0) }, scores: scores)
    tie = best != nil && scores.count { $0.scoredValue == best } > 1
    guard let vote = consensus?.vote(among: set.candidates.map(\.response)) else { return }
    // Candidates that give one answer are one opinion, not a tie.
    tie = vote.winners.count > 1
    let readCount = vote.sampleCount - vote.unreadableCount
    votes = vote.candidates.map { candidate in
      Vote(
        answer: candidate.answer.text, count: UInt32(candidate.count),
        share: Double(candidate.count) / Double(readCount))
    }
  }
}

extension Comparison {
  /// The verdict of two scores that do not depend on the order of the answers.
  ///
  /// With calibrated scores the probability is that of the first being the right one where exactly
  /// one is; without, the order of the scores is all that is known.
  fileprivate init(pairID: String, first: ItemScore, second: ItemScore) {
    self.init(pairID: pairID)
    for score in [first, second] where score.status != .scored {
      status = score.status
      reason = score.reason
      return
    }
    status = .scored
    probabilityForward = Self.probability(first, over: second)
    // The same question with the answers exchanged, from the first answer's point of view.
    probabilityBackward = 1 - Self.probability(second, over: first)
    flipped = (probabilityForward - 0.5) * (probabilityBackward - 0.5) < 0
    let mean = (probabilityForward + probabilityBackward) / 2
    preference = flipped || abs(mean - 0.5) < 1e-12 ? .tie : mean > 0.5 ? .first : .second
  }

  private static func probability(_ one: ItemScore, over other: ItemScore) -> Double {
    if let p = one.probability, let q = other.probability {
      let (first, second) = (p * (1 - q), q * (1 - p))
      return first + second > 0 ? first / (first + second) : 0.5
    }
    return one.value == other.value ? 0.5 : one.value > other.value ? 1 : 0
  }
}
