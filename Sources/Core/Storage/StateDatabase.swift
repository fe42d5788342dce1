private import Dispatch
internal import GRDB

/// A SQLite database of one daemon, opened for as long as the value lives.
///
/// It is in WAL mode with foreign keys, and a transaction is on the device when `write` returns
/// (`synchronous` is FULL). SQLite's work blocks a thread of the value's own queues, never the
/// cooperative pool; writes come one after the other in the order of their calls, reads run beside
/// them and see the last finished transaction.
///
/// Cancelling a task does not interrupt a transaction that was asked for.
package struct StateDatabase: Sendable {
  /// The database file.
  package let path: String
  private let pool: DatabasePool
  private let writing: DispatchQueue
  private let reading: DispatchQueue

  /// Opens or creates the database at `path` and brings its schema up to date.
  ///
  /// - Parameters:
  ///   - path: The file; its folder must exist.
  ///   - migrations: All steps of the schema's history, the oldest first.
  ///   - bytesMax: The size beyond which writes end with `StorageError.diskFull`; nil means as
  ///     large as the device allows.
  /// - Throws: `StorageError`, also where the file is no database or is of a newer version.
  package init(
    path: String, migrations: [StorageMigration], bytesMax: Int? = nil
  ) throws(StorageError) {
    self.path = path
    writing = DispatchQueue(label: "autodidact.storage.write")
    reading = DispatchQueue(label: "autodidact.storage.read", attributes: .concurrent)
    var configuration = Configuration()
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(1)
    configuration.prepareDatabase { connection in
      if let bytesMax {
        let pageBytes = try Int.fetchOne(connection, sql: "PRAGMA page_size") ?? 4096
        try connection.execute(sql: "PRAGMA max_page_count = \(max(bytesMax / pageBytes, 1))")
      }
    }
    do {
      pool = try DatabasePool(path: path, configuration: configuration)
      // A pool opens with NORMAL, which may lose the last transactions when the power fails.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      var migrator = DatabaseMigrator()
      for migration in migrations {
        migrator.registerMigration(migration.name) { try $0.execute(sql: migration.statements) }
      }
      let known = Set(migrations.map(\.name))
      let applied = try pool.read { try migrator.appliedIdentifiers($0) }
      if let unknown = applied.subtracting(known).min() {
        throw StorageError.newerSchema(path: path, migration: unknown)
      }
      try migrator.migrate(pool)
    } catch {
      throw StorageError(error, path: path)
    }
  }

  /// Runs `body` as one transaction; what it throws undoes all of it.
  package func write<Result: Sendable>(
    _ body: @escaping @Sendable (StorageTransaction) throws(StorageError) -> Result
  ) async throws(StorageError) -> Result {
    let outcome = await withCheckedContinuation { continuation in
      writing.async { continuation.resume(returning: writeNow(body)) }
    }
    return try outcome.get()
  }

  /// Runs `body` on the last finished transaction.
  package func read<Result: Sendable>(
    _ body: @escaping @Sendable (StorageTransaction) throws(StorageError) -> Result
  ) async throws(StorageError) -> Result {
    let outcome = await withCheckedContinuation { continuation in
      reading.async { continuation.resume(returning: readNow(body)) }
    }
    return try outcome.get()
  }

  /// Checks that the pages and the references of the database agree.
  ///
  /// Cost: one pass over the file.
  package func checkIntegrity() async throws(StorageError) {
    let path = path
    try await read { (transaction) throws(StorageError) in
      let found = try transaction.rows("PRAGMA quick_check(1)")
      guard let message = found.first?.text(0), message == "ok" else {
        throw .corrupt(path: path, message: found.first?.text(0) ?? "no answer")
      }
      if let row = try transaction.rows("PRAGMA foreign_key_check").first {
        throw .corrupt(path: path, message: "a row of \(row.text(0) ?? "?") refers to nothing")
      }
    }
  }

  /// Closes the database once its work is done and brings its journal into its file; it cannot be
  /// used afterwards.
  ///
  /// Of a database that is not closed the journal stays beside the file, for the next to open it.
  package func close() throws(StorageError) {
    do {
      // Only a connection that may write can take the journal away, so those that read end first.
      pool.invalidateReadOnlyConnections()
      try pool.close()
    } catch {
      throw StorageError(error, path: path)
    }
  }

  private func writeNow<Result>(
    _ body: (StorageTransaction) throws(StorageError) -> Result
  ) -> Swift.Result<Result, StorageError> {
    do {
      return .success(try pool.write { try body(StorageTransaction($0, path: path)) })
    } catch {
      return .failure(StorageError(error, path: path))
    }
  }

  private func readNow<Result>(
    _ body: (StorageTransaction) throws(StorageError) -> Result
  ) -> Swift.Result<Result, StorageError> {
    do {
      return .success(try pool.read { try body(StorageTransaction($0, path: path)) })
    } catch {
      return .failure(StorageError(error, path: path))
    }
  }
}
