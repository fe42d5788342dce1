package import Daemon
internal import Judging
package import Messages
internal import Scheduling
package import TTRPC

/// A judgement with the time that it took.
struct TimedJudgement: Sendable {
  let judgement: Judgement
  /// The logarithm of the answer's length, in the judge's unit.
  let length: Double
  let seconds: Double
}

extension AuditedJudgeService {
  /// The items that are judged and stored together: few where other daemons are asked, so that an
  /// interruption loses little.
  private func chunkSize(of judge: StoredJudge) throws -> Int {
    try judge.method.inputs().isEmpty ? 2000 : 64
  }

  /// Scores items, stores the scores, and returns them in the order of the items.
  ///
  /// Items that the run has are not scored again. What was stored before a failure stays.
  func score(
    _ items: [JudgedItem], in run: StoredRun, by judge: StoredJudge
  ) async throws -> [ItemScore] {
    try check(items)
    var digests: [String: StoredItem] = [:]
    for item in items { digests[item.itemID] = try StoredItem(item) }
    var found = try await store.scores(of: run.id, itemIDs: items.map(\.itemID))
    for (id, score) in found where score.itemDigest != digests[id]?.digest {
      throw JudgeServiceError.otherItem(id, runID: run.id)
    }
    let existing = Set(found.keys)
    let missing = items.filter { found[$0.itemID] == nil }
    let size = try chunkSize(of: judge)
    for start in stride(from: 0, to: missing.count, by: size) {
      let chunk = Array(missing[start..<min(start + size, missing.count)])
      let judged: [TimedJudgement]
      do {
        judged = try await judgements(on: chunk, by: judge)
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        throw JudgeServiceError.interrupted(
          runID: run.id, storedCount: existing.count + start, cause: error)
      }
      var new: [NewScore] = []
      for (item, timed) in zip(chunk, judged) {
        guard let stored = digests[item.itemID] else { continue }
        let score = ItemScore(
          timed.judgement, itemID: item.itemID, calibrator: judge.calibration?.calibrator)
        new.append(
          NewScore(itemID: item.itemID, item: stored, score: score, seconds: timed.seconds))
      }
      for score in try await store.add(new, to: run, judge: judge, now: clock.now()) {
        found[score.score.itemID] = score
      }
      counters.count(new.map(\.score.status), method: judge.method.id)
    }
    return try items.map { item in
      guard let stored = found[item.itemID] else {
        throw JudgeServiceError.damaged(what: "the run `\(run.id)`", reason: "a score is missing")
      }
      // A racing caller may have stored another item under the id.
      guard stored.itemDigest == digests[item.itemID]?.digest else {
        throw JudgeServiceError.otherItem(item.itemID, runID: run.id)
      }
      var score = stored.score
      score.existed = existing.contains(item.itemID)
      return score
    }
  }

  /// Judges items without storing anything.
  func judgements(
    on items: [JudgedItem], by judge: StoredJudge
  ) async throws -> [TimedJudgement] {
    let start = clock.seconds()
    let answers = try await gatherer.answers(of: items, for: judge.source)
    let gathered = (clock.seconds() - start) / Double(max(items.count, 1))
    let engine = judge.engine
    let seconds = clock.seconds
    return try await compute.run(cancellable: { flag in
      try answers.map { answer in
        guard !flag.isCancelled else { throw CancellationError() }
        let start = seconds()
        let (judgement, length): (Judgement, Double) =
          switch answer {
          case .ready(let answer): (engine.judgement(on: answer), AnswerLength.baseline(of: answer))
          case .failed(let failure): (.error(failure), 0)
          }
        return TimedJudgement(
          judgement: judgement, length: length, seconds: gathered + seconds() - start)
      }
    })
  }

  /// The run that a request names, a new one where it names none.
  func run(_ id: String, judge: StoredJudge, policy: Policy?) async throws -> StoredRun {
    let name = id.isEmpty ? clock.newID() : id
    try Self.check(name: name, what: "run's id")
    return try await store.run(
      name, judge: judge, policy: policy ?? Policy(), now: clock.now())
  }

  /// Scores one batch.
  package func scoreItems(
    _ request: ScoreItemsRequest, context: ServerContext
  ) async throws -> ScoreItemsResponse {
    let judge = try await store.judge(request.judge, version: Int(request.version))
    let run = try await run(request.runID, judge: judge, policy: request.policy)
    return ScoreItemsResponse(
      sequence: request.sequence, runID: run.id,
      scores: try await score(request.items, in: run, by: judge), judgeDigest: judge.digest)
  }

  /// Scores batches in order with the judge of the first request.
  package func scoreItemsStream(
    _ requests: MessageSource<ScoreItemsRequest>, context: ServerContext,
    responses: MessageSink<ScoreItemsResponse>
  ) async throws {
    var setting: (judge: StoredJudge, run: StoredRun)?
    for try await request in requests {
      let current: (judge: StoredJudge, run: StoredRun)
      if let setting {
        current = setting
      } else {
        let judge = try await store.judge(request.judge, version: Int(request.version))
        current = (judge, try await run(request.runID, judge: judge, policy: request.policy))
      }
      setting = current
      try await responses.send(
        ScoreItemsResponse(
          sequence: request.sequence, runID: current.run.id,
          scores: try await score(request.items, in: current.run, by: current.judge),
          judgeDigest: current.judge.digest))
    }
    guard setting != nil else {
      throw JudgeServiceError.missingFirst(expected: "the judge's name")
    }
  }
}
