internal import Judging
internal import Messages
internal import Storage

/// A judge as its row says, ready to score.
struct StoredJudge: Sendable {
  /// Its row.
  let row: Int
  let name: String
  let version: Int
  let digest: String
  let method: JudgeMethod
  let fittedItemCount: Int
  /// The digest of the encoder model that it asks; empty where it asks none.
  let encoderDigest: String
  /// The digest of the language model that it asks; empty where it asks none, or none answered.
  let languageDigest: String
  let remarks: [String]
  let createdUnixNanoseconds: Int64
  let isRemoved: Bool
  /// Scores answers.
  let engine: any Judge
  /// Maps scores to probabilities, where the judge is calibrated.
  let calibration: StoredCalibration?

  /// The models that it asks.
  var source: InputSource {
    InputSource(method: method, encoderDigest: encoderDigest, languageDigest: languageDigest)
  }

  /// The judge's message.
  var message: JudgeVersion {
    JudgeVersion(
      name: name, version: UInt32(version), digest: digest, method: method,
      fittedItemCount: UInt64(fittedItemCount), calibration: calibration?.report,
      createdUnixNanoseconds: createdUnixNanoseconds,
      modelDigests: [encoderDigest, languageDigest].filter { !$0.isEmpty }, remarks: remarks)
  }
}

/// A calibration as its row says.
struct StoredCalibration: Sendable {
  /// Its row.
  let row: Int
  /// How good it is.
  let report: ScoreCalibration
  /// The map.
  let calibrator: any Calibrator
}

/// A judge that is to be stored.
struct NewJudge: Sendable {
  let name: String
  let method: JudgeMethod
  let state: [Double]
  let fittedItemCount: Int
  let encoderDigest: String
  let languageDigest: String
  let remarks: [String]
  let createdUnixNanoseconds: Int64

  /// SHA-256 over method, parameters, models and fitted state.
  func digest() throws -> String {
    digestOfParts(
      Array("judge 1".utf8), try method.encoded(), Array(encoderDigest.utf8),
      Array(languageDigest.utf8), bytes(of: state))
  }
}

extension JudgeStore {
  /// Stores a judge as the next version of its name, unless the newest version is the same.
  func add(_ judge: NewJudge) async throws -> StoredJudge {
    let digest = try judge.digest()
    let method = try judge.method.encoded()
    let row = try await write { transaction throws(StorageError) -> Int in
      let name = StorageValue.text(judge.name)
      let newest = try transaction.rows(
        """
        SELECT id, digest, version, id IN (SELECT judge FROM removals) FROM judges
        WHERE name = ? ORDER BY version DESC LIMIT 1
        """, [name]
      ).first
      if let newest, newest.text(1) == digest, newest.integer(3) == 0 {
        return newest.integer(0) ?? 0
      }
      try transaction.execute(
        """
        INSERT INTO judges (name, version, digest, method, state, fitted_count, encoder_digest,
          language_digest, remarks, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          name, .integer((newest?.integer(2) ?? 0) + 1), .text(digest), .blob(method),
          .blob(bytes(of: judge.state)), .integer(judge.fittedItemCount),
          .text(judge.encoderDigest), .text(judge.languageDigest),
          .text(judge.remarks.joined(separator: "\n")), .integer(judge.createdUnixNanoseconds),
        ])
      return try transaction.rows("SELECT last_insert_rowid()")[0].integer(0) ?? 0
    }
    return try await self.judge(row: row)
  }

  /// The judge of a name that is not removed; version 0 means the newest.
  func judge(_ name: String, version: Int) async throws -> StoredJudge {
    let rows = try await select(
      """
      SELECT id, version FROM judges
      WHERE name = ? AND id NOT IN (SELECT judge FROM removals) ORDER BY version DESC
      """, [.text(name)])
    let wanted = version == 0 ? rows.first : rows.first { $0.integer(1) == version }
    guard let row = wanted?.integer(0) else {
      throw JudgeServiceError.unknownJudge(name, version: version, newest: rows.first?.integer(1))
    }
    return try await judge(row: row)
  }

  /// The judge of a row, removed or not.
  func judge(row: Int) async throws -> StoredJudge {
    let rows = try await select(Self.judgeQuery + " WHERE judges.id = ?", [.integer(row)])
    guard let found = rows.first else {
      throw JudgeServiceError.damaged(what: "the judge's row \(row)", reason: "it is missing")
    }
    return try StoredJudge(found)
  }

  /// All judges that are not removed, newest first.
  func judges() async throws -> [StoredJudge] {
    let rows = try await select(
      Self.judgeQuery + " WHERE removed IS NULL ORDER BY judges.id DESC")
    return try rows.map { try StoredJudge($0) }
  }

  /// Removes all versions of a name from use and returns how many there were; rows stay.
  func removeJudges(_ name: String, now: Int64) async throws -> Int {
    try await write { transaction throws(StorageError) in
      try transaction.execute(
        """
        INSERT INTO removals SELECT id, ? FROM judges
        WHERE name = ? AND id NOT IN (SELECT judge FROM removals)
        """, [.integer(now), .text(name)])
      return transaction.changedRowCount
    }
  }

  /// Stores a calibration, unless the judge's newest is the same.
  func add(
    _ report: ScoreCalibration, state: [Double], to judge: StoredJudge, now: Int64
  ) async throws -> StoredJudge {
    let encoded = try report.encoded()
    try await write { transaction throws(StorageError) in
      let newest = try transaction.rows(
        "SELECT digest FROM calibrations WHERE judge = ? ORDER BY id DESC LIMIT 1",
        [.integer(judge.row)])
      guard newest.first?.text(0) != report.digest else { return }
      try transaction.execute(
        "INSERT INTO calibrations (judge, digest, state, report, created) VALUES (?, ?, ?, ?, ?)",
        [
          .integer(judge.row), .text(report.digest), .blob(bytes(of: state)), .blob(encoded),
          .integer(now),
        ])
    }
    return try await self.judge(row: judge.row)
  }

  private static let judgeQuery = """
    SELECT judges.id, name, version, judges.digest, method, judges.state, fitted_count,
      encoder_digest, language_digest, remarks, judges.created, removed, calibrations.id,
      calibrations.state, report
    FROM judges LEFT JOIN removals ON removals.judge = judges.id
    LEFT JOIN calibrations ON calibrations.id =
      (SELECT max(id) FROM calibrations WHERE judge = judges.id)
    """
}

extension StoredJudge {
  fileprivate init(_ row: StorageRow) throws {
    guard let number = row.integer(0), let name = row.text(1), let version = row.integer(2),
      let digest = row.text(3), let fittedCount = row.integer(6), let encoder = row.text(7),
      let language = row.text(8), let remarks = row.text(9), let created = row.integer(10)
    else { throw JudgeServiceError.damaged(what: "a judge", reason: "a column is missing") }
    let what = "the judge `\(name)` version \(version)"
    self.row = number
    self.name = name
    self.version = version
    self.digest = digest
    method = try stored(JudgeMethod.self, row.blob(4), what: what)
    fittedItemCount = fittedCount
    encoderDigest = encoder
    languageDigest = language
    self.remarks = remarks.isEmpty ? [] : remarks.split(separator: "\n").map(String.init)
    createdUnixNanoseconds = Int64(created)
    isRemoved = row.integer(11) != nil
    let state = try storedDoubles(row.blob(5), what: what)
    do throws(JudgeServiceError) {
      engine = try method.engine(state: state)
    } catch {
      throw JudgeServiceError.damaged(what: what, reason: "\(error)")
    }
    calibration = try row.integer(12).map { id in
      let report = try stored(ScoreCalibration.self, row.blob(14), what: what)
      let state = try storedDoubles(row.blob(13), what: what)
      do throws(CalibrationError) {
        let method: Judging.CalibrationMethod = report.method == .isotonic ? .isotonic : .platt
        return StoredCalibration(
          row: id, report: report, calibrator: try method.restored(state: state))
      } catch {
        throw JudgeServiceError.damaged(what: what, reason: "\(error)")
      }
    }
  }
}
