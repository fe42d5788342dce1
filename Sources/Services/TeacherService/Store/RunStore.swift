internal import Messages
internal import Storage

/// The runs in the teacher's database.
package struct RunStore: Sendable {
  private let database: StateDatabase

  /// Opens the store in `folder` and forgets uploads that never became runs.
  ///
  /// `bytesMax` bounds the database; nil means as large as the device allows.
  package init(folder: String, bytesMax: Int? = nil) async throws {
    database = try StateDatabase(
      path: folder + "/teacher.sqlite", migrations: RunSchema.migrations, bytesMax: bytesMax)
    try await database.write { transaction throws(StorageError) in
      try transaction.execute("DELETE FROM uploads WHERE id NOT IN (SELECT upload FROM runs)")
    }
  }

  /// Closes the database, at the end of the process.
  func close() throws(StorageError) { try database.close() }

  /// Begins an upload and returns its number.
  func beginUpload() async throws -> Int {
    try await stored { () throws(StorageError) in
      try await database.write { transaction throws(StorageError) in
        try transaction.execute("INSERT INTO uploads DEFAULT VALUES")
        return try transaction.rows("SELECT last_insert_rowid()")[0].integer(0) ?? 0
      }
    }
  }

  /// Stores the bytes of a chunk of an upload.
  func append(_ bytes: [UInt8], number: Int, to upload: Int) async throws {
    try await stored { () throws(StorageError) in
      try await database.write { transaction throws(StorageError) in
        try transaction.execute(
          "INSERT INTO chunks VALUES (?, ?, ?)",
          [.integer(upload), .integer(number), .blob(bytes)])
      }
    }
  }

  /// Forgets an upload unless it became a run.
  func discardUploadIfUnused(_ upload: Int) async throws {
    try await stored { () throws(StorageError) in
      try await database.write { transaction throws(StorageError) in
        try transaction.execute(
          "DELETE FROM uploads WHERE id = ? AND id NOT IN (SELECT upload FROM runs)",
          [.integer(upload)])
      }
    }
  }

  /// Makes an upload a run, unless there is one of its name.
  ///
  /// Says whether there was one, and the digest of the run that there is now.
  func create(_ run: StoredRun) async throws -> (existed: Bool, digest: String) {
    let header = try run.header.encoded()
    return try await stored { () throws(StorageError) in
      try await database.write { transaction throws(StorageError) in
        let name = StorageValue.text(run.header.runID)
        let known = try transaction.rows("SELECT digest FROM runs WHERE id = ?", [name])
        if let digest = known.first?.text(0) {
          try transaction.execute("DELETE FROM uploads WHERE id = ?", [.integer(run.upload)])
          return (true, digest)
        }
        try transaction.execute(
          """
          INSERT INTO runs (id, upload, header, digest, labelled_count, unlabelled_count,
            test_count, dimensions, created, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
          [
            name, .integer(run.upload), .blob(header), .text(run.digest),
            .integer(run.labelledCount), .integer(run.unlabelledCount), .integer(run.testCount),
            .integer(run.dimensions), .integer(run.createdUnixNanoseconds),
            .integer(Int(run.state.rawValue)),
          ])
        return (false, run.digest)
      }
    }
  }

  /// The run of this name.
  func run(_ id: String) async throws -> StoredRun {
    let rows = try await select(
      "SELECT \(Self.columns) FROM runs WHERE id = ?", [.text(id)])
    guard let row = rows.first else { throw TeacherServiceError.unknownRun(id) }
    return try StoredRun(row, id: id)
  }

  /// All runs in the order of their creation, without their checkpoints.
  func runs() async throws -> [StoredRun] {
    let columns = Self.columns.replacing("checkpoint", with: "NULL")
    return try await select("SELECT \(columns) FROM runs ORDER BY created, id", [])
      .map { try StoredRun($0, id: "?") }
  }

  /// The chunks of a run's upload, in order.
  func chunks(of run: StoredRun) async throws -> [RunChunk] {
    let rows = try await select(
      "SELECT bytes FROM chunks WHERE upload = ? ORDER BY number", [.integer(run.upload)])
    return try rows.map { try decoded(RunChunk.self, $0.blob(0), run: run.header.runID) }
  }

  /// The reports of a run's rounds, in order.
  func reports(of id: String) async throws -> [Messages.RoundReport] {
    let rows = try await select(
      "SELECT report FROM rounds WHERE run = ? ORDER BY round", [.text(id)])
    return try rows.map { try decoded(Messages.RoundReport.self, $0.blob(0), run: id) }
  }

  /// The bytes of the decisions of a round; nil where it is not done.
  func record(of id: String, round: Int) async throws -> [UInt8]? {
    try await select(
      "SELECT record FROM rounds WHERE run = ? AND round = ?", [.text(id), .integer(round)]
    ).first?.blob(0)
  }

  /// Removes a run with all that it has; says whether there was one.
  func remove(_ id: String) async throws -> Bool {
    try await stored { () throws(StorageError) in
      try await database.write { transaction throws(StorageError) in
        let rows = try transaction.rows("SELECT upload FROM runs WHERE id = ?", [.text(id)])
        guard let upload = rows.first?.integer(0) else { return false }
        try transaction.execute("DELETE FROM runs WHERE id = ?", [.text(id)])
        try transaction.execute("DELETE FROM uploads WHERE id = ?", [.integer(upload)])
        return true
      }
    }
  }

  /// Writes one or more changes as a transaction.
  func write(
    _ body: @escaping @Sendable (StorageTransaction) throws(StorageError) -> Void
  ) async throws {
    try await stored { () throws(StorageError) in try await database.write(body) }
  }

  private func select(_ query: String, _ arguments: [StorageValue]) async throws -> [StorageRow] {
    try await stored { () throws(StorageError) in
      try await database.read { transaction throws(StorageError) in
        try transaction.rows(query, arguments)
      }
    }
  }

  private static let columns =
    "header, upload, digest, labelled_count, unlabelled_count, test_count, dimensions, created, "
    + "state, failure, checkpoint, quarantine, outcome"
}

/// The message that stored bytes hold.
func decoded<Message: WireMessage>(
  _: Message.Type, _ bytes: [UInt8]?, run id: String
) throws -> Message {
  do {
    return try (bytes ?? []).withUnsafeBytes {
      try Message.decoded(from: $0, limits: DecodingLimits())
    }
  } catch {
    throw TeacherServiceError.damaged(runID: id, reason: "\(error)")
  }
}

extension StoredRun {
  fileprivate init(_ row: StorageRow, id: String) throws {
    header = try decoded(RunHeader.self, row.blob(0), run: id)
    let name = header.runID
    guard let upload = row.integer(1), let digest = row.text(2),
      let labelled = row.integer(3), let unlabelled = row.integer(4), let test = row.integer(5),
      let dimensions = row.integer(6), let created = row.integer(7),
      let state = row.integer(8).flatMap({ RunState(rawValue: Int32($0)) })
    else { throw TeacherServiceError.damaged(runID: name, reason: "a column is missing") }
    self.upload = upload
    self.digest = digest
    labelledCount = labelled
    unlabelledCount = unlabelled
    testCount = test
    self.dimensions = dimensions
    createdUnixNanoseconds = Int64(created)
    self.state = state
    failure = row.text(9) ?? ""
    checkpoint = row.blob(10)
    quarantine = try row.blob(11).map { try decoded(Messages.Quarantine.self, $0, run: name) }
    outcome = try row.blob(12).map { RunOutcome(try decoded(Run.self, $0, run: name)) }
  }
}
