internal import Messages
internal import Storage

/// What a score's row says besides the score.
struct ScoreFacts: Sendable {
  let judgeRow: Int
  let policy: Policy
  let promptDigest: String
  let responseDigest: String
  let referenceDigest: String
  let seconds: Double
  let createdUnixNanoseconds: Int64
}

extension JudgeStore {
  /// What the row of a score says besides the score.
  func facts(ofScore row: Int) async throws -> ScoreFacts {
    let rows = try await select(
      """
      SELECT scores.judge, policies.policy, prompt_digest, response_digest, reference_digest,
        seconds, scores.created
      FROM scores JOIN runs ON runs.id = scores.run JOIN policies ON policies.digest = runs.policy
      WHERE scores.id = ?
      """, [.integer(row)])
    guard let found = rows.first, let judge = found.integer(0) else {
      throw JudgeServiceError.unknownScore("\(row)")
    }
    return ScoreFacts(
      judgeRow: judge, policy: try stored(Policy.self, found.blob(1), what: "a policy"),
      promptDigest: found.text(2) ?? "", responseDigest: found.text(3) ?? "",
      referenceDigest: found.text(4) ?? "", seconds: found.real(5) ?? 0,
      createdUnixNanoseconds: Int64(found.integer(6) ?? 0))
  }

  /// The number of scores of a run.
  func scoreCount(of runID: String) async throws -> Int {
    try await select("SELECT count(*) FROM scores WHERE run = ?", [.text(runID)])
      .first?.integer(0) ?? 0
  }

  /// All runs, newest first; their means are over scored items alone.
  func scoreRuns() async throws -> [ScoreRun] {
    let rows = try await select(
      """
      SELECT runs.id, name, version, count(value), count(CASE status WHEN ?1 THEN 1 END),
        count(CASE status WHEN ?2 THEN 1 END), avg(value), runs.created,
        coalesce(max(scores.created), runs.created)
      FROM runs JOIN judges ON judges.id = runs.judge LEFT JOIN scores ON scores.run = runs.id
      GROUP BY runs.id ORDER BY runs.created DESC, runs.id
      """,
      [
        .integer(Int(ScoreStatus.unscored.rawValue)), .integer(Int(ScoreStatus.error.rawValue)),
      ])
    return rows.map { row in
      func count(_ column: Int) -> UInt64 { UInt64(row.integer(column) ?? 0) }
      return ScoreRun(
        runID: row.text(0) ?? "", judge: row.text(1) ?? "", version: UInt32(count(2)),
        scoredCount: count(3), unscoredCount: count(4), errorCount: count(5),
        meanValue: row.real(6), startedUnixNanoseconds: Int64(row.integer(7) ?? 0),
        changedUnixNanoseconds: Int64(row.integer(8) ?? 0))
    }
  }
}
