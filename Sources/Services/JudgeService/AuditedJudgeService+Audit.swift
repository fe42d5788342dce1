package import Daemon
internal import Judging
package import Messages
internal import Methods
package import TTRPC

extension AuditedJudgeService {
  private static let replayChunkSize = 64

  /// All that is known of one score.
  package func explainScore(
    _ request: ExplainScoreRequest, context: ServerContext
  ) async throws -> ExplainScoreResponse {
    let stored = try await store.score(request.scoreID)
    let facts = try await store.facts(ofScore: stored.row)
    return ExplainScoreResponse(
      score: stored.score, judge: try await store.judge(row: facts.judgeRow).message,
      item: try await store.item(stored.itemDigest, id: stored.score.itemID),
      policy: facts.policy, runID: stored.runID, promptDigest: facts.promptDigest,
      responseDigest: facts.responseDigest, referenceDigest: facts.referenceDigest,
      createdUnixNanoseconds: facts.createdUnixNanoseconds, seconds: facts.seconds,
      decisions: try await store.decisions(onScore: stored.row, itemID: stored.score.itemID))
  }

  /// Scores a recorded run again from its stored inputs.
  package func replay(
    _ request: ReplayRequest, context: ServerContext, responses: MessageSink<ReplayResponse>
  ) async throws {
    let tolerance = request.tolerance == 0 ? 1e-6 : request.tolerance
    guard tolerance > 0, tolerance.isFinite else {
      throw JudgeServiceError.outOfRange(
        name: "tolerance", value: "\(request.tolerance)", range: "0 or more")
    }
    let run = try await store.run(request.runID)
    let judge =
      request.judge.isEmpty
      ? try await store.judge(row: run.judgeRow)
      : try await store.judge(request.judge, version: Int(request.version))
    let total = try await store.scoreCount(of: run.id)
    let start = clock.seconds()
    var summary = ReplaySummary()
    var last = 0
    while true {
      let chunk = try await store.scores(
        of: run.id, after: last, count: Self.replayChunkSize)
      guard let end = chunk.last?.row else { break }
      last = end
      for difference in try await differences(in: chunk, by: judge, tolerance, &summary) {
        try await responses.send(ReplayResponse(event: .difference(difference)))
      }
      try await responses.send(
        ReplayResponse(
          event: .progress(
            Progress(
              stage: "replaying", doneCount: summary.itemCount, totalCount: UInt64(total),
              elapsedSeconds: clock.seconds() - start))))
    }
    try await responses.send(ReplayResponse(event: .summary(summary)))
  }

  private func differences(
    in chunk: [StoredScore], by judge: StoredJudge, _ tolerance: Double,
    _ summary: inout ReplaySummary
  ) async throws -> [ReplayDifference] {
    var items: [JudgedItem] = []
    for score in chunk {
      items.append(try await store.item(score.itemDigest, id: score.score.itemID))
    }
    let judged = try await judgements(on: items, by: judge)
    var found: [ReplayDifference] = []
    for (stored, timed) in zip(chunk, judged) {
      let replayed = ItemScore(
        timed.judgement, itemID: stored.score.itemID, calibrator: judge.calibration?.calibrator)
      summary.itemCount += 1
      let difference: Double
      if let recorded = stored.score.scoredValue, let value = replayed.scoredValue {
        difference = abs(recorded - value)
        summary.largestDifference = max(summary.largestDifference, difference)
      } else {
        difference = replayed.status == stored.score.status ? 0 : .infinity
      }
      guard difference > tolerance else { continue }
      summary.differenceCount += 1
      found.append(
        ReplayDifference(
          scoreID: stored.score.scoreID, itemID: stored.score.itemID, recorded: stored.score,
          replayed: replayed))
    }
    return found
  }

  /// All judges in use.
  package func listJudges(
    _ request: ListJudgesRequest, context: ServerContext
  ) async throws -> ListJudgesResponse {
    ListJudgesResponse(judges: try await store.judges().map(\.message))
  }

  /// Removes a judge from use; its scores stay.
  package func removeJudge(
    _ request: RemoveJudgeRequest, context: ServerContext
  ) async throws -> RemoveJudgeResponse {
    let count = try await store.removeJudges(request.name, now: clock.now())
    return RemoveJudgeResponse(removedCount: UInt32(count))
  }

  /// All certificates.
  package func listCertificates(
    _ request: ListCertificatesRequest, context: ServerContext
  ) async throws -> ListCertificatesResponse {
    ListCertificatesResponse(
      certificates: try await store.certificates(ofJudge: request.judge))
  }

  /// All runs.
  package func listScoreRuns(
    _ request: ListScoreRunsRequest, context: ServerContext
  ) async throws -> ListScoreRunsResponse {
    ListScoreRunsResponse(runs: try await store.scoreRuns())
  }

  /// The judging methods.
  package func listMethods(
    _ request: ListJudgeMethodsRequest, context: ServerContext
  ) async throws -> ListJudgeMethodsResponse {
    let methods = JudgingMethods.all.map { method in
      let card = method.card
      return Method(
        id: card.id, title: card.title, family: "judge", source: card.source,
        needs: card.needs.sorted().map(\.rawValue), summary: card.summary)
    }
    return ListJudgeMethodsResponse(methods: methods.sorted { $0.id < $1.id })
  }
}
