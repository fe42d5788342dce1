internal import Judging
internal import Messages
internal import Storage

/// A score that is to be stored.
struct NewScore: Sendable {
  let itemID: String
  let item: StoredItem
  let score: ItemScore
  let seconds: Double
}

/// An item with the digests that its row needs.
struct StoredItem: Sendable {
  /// The item without its id.
  let bytes: [UInt8]
  let digest: String
  let promptDigest: String
  let responseDigest: String
  let referenceDigest: String

  init(_ item: JudgedItem) throws {
    var content = item
    content.itemID = ""
    bytes = try content.encoded()
    digest = digestOfParts(bytes)
    promptDigest = digestOfParts(try (item.prompt ?? Prompt()).encoded())
    responseDigest = digestOfText(item.response)
    referenceDigest = item.reference.map(digestOfText) ?? ""
  }
}

/// A score as its row says.
struct StoredScore: Sendable {
  let row: Int
  let runID: String
  let score: ItemScore
  let itemDigest: String
}

/// A run as its row says.
struct StoredRun: Sendable {
  let id: String
  let judgeRow: Int
  let policyDigest: String
}

extension JudgeStore {
  /// The run of an id, made where there is none; throws where it is another judge's or policy's.
  func run(_ id: String, judge: StoredJudge, policy: Policy, now: Int64) async throws -> StoredRun {
    let policyDigest = try policy.settingsDigest()
    let encoded = try policy.encoded()
    let rows = try await write { transaction throws(StorageError) in
      try transaction.execute(
        "INSERT INTO policies VALUES (?, ?) ON CONFLICT DO NOTHING",
        [.text(policyDigest), .blob(encoded)])
      try transaction.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [.text(id), .integer(judge.row), .text(policyDigest), .integer(now)])
      return try transaction.rows("SELECT judge, policy FROM runs WHERE id = ?", [.text(id)])
    }
    let found = StoredRun(
      id: id, judgeRow: rows[0].integer(0) ?? 0, policyDigest: rows[0].text(1) ?? "")
    guard found.judgeRow == judge.row else {
      throw JudgeServiceError.otherRun(id, what: "judge")
    }
    guard found.policyDigest == policyDigest else {
      throw JudgeServiceError.otherRun(id, what: "policy")
    }
    return found
  }

  /// The run of an id.
  func run(_ id: String) async throws -> StoredRun {
    let rows = try await select("SELECT judge, policy FROM runs WHERE id = ?", [.text(id)])
    guard let row = rows.first, let judge = row.integer(0), let policy = row.text(1) else {
      throw JudgeServiceError.unknownRun(id)
    }
    return StoredRun(id: id, judgeRow: judge, policyDigest: policy)
  }

  /// The scores that a run has of these items, by the items' ids.
  func scores(of runID: String, itemIDs: [String]) async throws -> [String: StoredScore] {
    var found: [String: StoredScore] = [:]
    for start in stride(from: 0, to: itemIDs.count, by: 500) {
      let part = itemIDs[start..<min(start + 500, itemIDs.count)]
      let places = [String](repeating: "?", count: part.count).joined(separator: ", ")
      let rows = try await select(
        Self.scoreQuery + " WHERE run = ? AND item_id IN (\(places))",
        [.text(runID)] + part.map { .text($0) })
      for row in rows {
        let stored = try StoredScore(row)
        found[stored.score.itemID] = stored
      }
    }
    return found
  }

  /// Stores scores and returns them with their ids, in one transaction.
  ///
  /// A score that the run has already stays as it is and is returned in place of the new one.
  func add(
    _ scores: [NewScore], to run: StoredRun, judge: StoredJudge, now: Int64
  ) async throws -> [StoredScore] {
    let parts = try scores.map { try ItemScore(parts: $0.score.parts).encoded() }
    let calibration: StorageValue =
      judge.calibration.map { .integer($0.row) } ?? .null
    let rows = try await write { transaction throws(StorageError) -> [StorageRow] in
      var rows: [StorageRow] = []
      for (new, parts) in zip(scores, parts) {
        try transaction.execute(
          "INSERT INTO items (digest, item) VALUES (?, ?) ON CONFLICT DO NOTHING",
          [.text(new.item.digest), .blob(new.item.bytes)])
        try transaction.execute(
          """
          INSERT INTO scores (run, item_id, item, judge, calibration, status, reason, value,
            probability, probability_lower, probability_upper, parts, prompt_digest,
            response_digest, reference_digest, seconds, created)
          SELECT ?, ?, items.id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM items
          WHERE digest = ? ON CONFLICT DO NOTHING
          """,
          [.text(run.id), .text(new.itemID), .integer(judge.row), calibration]
            + new.score.columns(parts: parts)
            + [
              .text(new.item.promptDigest), .text(new.item.responseDigest),
              .text(new.item.referenceDigest), .real(new.seconds), .integer(now),
              .text(new.item.digest),
            ])
        rows += try transaction.rows(
          Self.scoreQuery + " WHERE run = ? AND item_id = ?", [.text(run.id), .text(new.itemID)])
      }
      return rows
    }
    return try rows.map { try StoredScore($0) }
  }

  /// The score of an id.
  func score(_ id: String) async throws -> StoredScore {
    guard let number = Int(id),
      let row = try await select(Self.scoreQuery + " WHERE scores.id = ?", [.integer(number)]).first
    else { throw JudgeServiceError.unknownScore(id) }
    return try StoredScore(row)
  }

  /// Up to `count` scores of a run after a row, in the order in which they were stored.
  func scores(of runID: String, after row: Int, count: Int) async throws -> [StoredScore] {
    let rows = try await select(
      Self.scoreQuery + " WHERE run = ? AND scores.id > ? ORDER BY scores.id LIMIT ?",
      [.text(runID), .integer(row), .integer(count)])
    return try rows.map { try StoredScore($0) }
  }

  /// The item of a digest, under an id.
  func item(_ digest: String, id: String) async throws -> JudgedItem {
    let rows = try await select("SELECT item FROM items WHERE digest = ?", [.text(digest)])
    var item = try stored(JudgedItem.self, rows.first?.blob(0), what: "the item `\(id)`")
    item.itemID = id
    return item
  }

  static let scoreQuery = """
    SELECT scores.id, run, item_id, status, reason, value, probability, probability_lower,
      probability_upper, parts, items.digest
    FROM scores JOIN items ON items.id = scores.item
    """
}

extension StoredScore {
  fileprivate init(_ row: StorageRow) throws {
    guard let number = row.integer(0), let run = row.text(1), let itemID = row.text(2),
      let status = row.integer(3).flatMap({ ScoreStatus(rawValue: Int32($0)) }),
      let reason = row.text(4), let digest = row.text(10)
    else { throw JudgeServiceError.damaged(what: "a score", reason: "a column is missing") }
    self.row = number
    runID = run
    itemDigest = digest
    let parts = try stored(ItemScore.self, row.blob(9), what: "the score `\(number)`").parts
    score = ItemScore(
      scoreID: "\(number)", itemID: itemID, status: status, reason: reason,
      value: row.real(5) ?? 0, probability: row.real(6), probabilityLower: row.real(7) ?? 0,
      probabilityUpper: row.real(8) ?? 0, parts: parts)
  }
}

extension ItemScore {
  /// The columns from status to parts.
  fileprivate func columns(parts: [UInt8]) -> [StorageValue] {
    [
      .integer(Int(status.rawValue)), .text(reason), status == .scored ? .real(value) : .null,
      probability.map { .real($0) } ?? .null,
      probability == nil ? .null : .real(probabilityLower),
      probability == nil ? .null : .real(probabilityUpper), .blob(parts),
    ]
  }
}

extension Policy {
  /// SHA-256 of all that changes the distribution of the answers: everything but the seed.
  func settingsDigest() throws -> String {
    var settings = self
    settings.sampling?.seed = 0
    // No sampling options are the default ones.
    settings.sampling = settings.sampling ?? SamplingOptions()
    return digestOfParts(try settings.encoded())
  }
}
