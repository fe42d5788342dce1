import Foundation
import TestSupport
import Testing

@testable import Storage

@Suite struct StateDatabaseTests {
  static let migrations = [
    StorageMigration(
      "notes",
      """
      CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE, body BLOB);
      CREATE TABLE marks (note INTEGER NOT NULL REFERENCES notes ON DELETE CASCADE);
      """)
  ]

  static func open(_ folder: TemporaryFolder, bytesMax: Int? = nil) throws -> StateDatabase {
    try StateDatabase(
      path: folder.file("state.db"), migrations: migrations, bytesMax: bytesMax)
  }

  @Test func `what was written is there after the database is opened again`() async throws {
    let folder = try TemporaryFolder()
    let values: [StorageValue] = [.integer(1), .text("é x"), .blob([0, 255, 7])]
    try await Self.open(folder).write { transaction throws(StorageError) in
      try transaction.execute("INSERT INTO notes VALUES (?, ?, ?)", values)
    }
    let rows = try await Self.open(folder).read { transaction throws(StorageError) in
      try transaction.rows("SELECT id, text, body, NULL, 0.5 FROM notes")
    }
    #expect(rows == [StorageRow(values: values + [.null, .real(0.5)])])
    #expect(rows[0].integer(0) == 1)
    #expect(rows[0].text(1) == "é x")
    #expect(rows[0].blob(2) == [0, 255, 7])
    #expect(rows[0].integer(1) == nil)
  }

  @Test func `the database is in WAL mode and syncs fully`() async throws {
    let folder = try TemporaryFolder()
    let modes = try await Self.open(folder).write { transaction throws(StorageError) in
      try transaction.rows("PRAGMA journal_mode") + transaction.rows("PRAGMA synchronous")
        + transaction.rows("PRAGMA foreign_keys")
    }
    #expect(modes.map { $0.values } == [[.text("wal")], [.integer(2)], [.integer(1)]])
  }

  @Test func `a transaction that throws leaves nothing behind`() async throws {
    let folder = try TemporaryFolder()
    let database = try Self.open(folder)
    await #expect(throws: StorageError.self) {
      try await database.write { transaction throws(StorageError) in
        try transaction.execute("INSERT INTO notes VALUES (1, 'one', NULL)")
        try transaction.execute("INSERT INTO notes VALUES (2, 'one', NULL)")
      }
    }
    let count = try await database.read { transaction throws(StorageError) in
      try transaction.rows("SELECT count(*) FROM notes")[0].integer(0)
    }
    #expect(count == 0)
  }

  @Test func `references are enforced and cascade`() async throws {
    let folder = try TemporaryFolder()
    let database = try Self.open(folder)
    do {
      try await database.write { transaction throws(StorageError) in
        try transaction.execute("INSERT INTO marks VALUES (9)")
      }
      Issue.record("a reference to nothing was accepted")
    } catch .constraint {
    }
    let left = try await database.write { transaction throws(StorageError) in
      try transaction.execute("INSERT INTO notes VALUES (1, 'one', NULL)")
      try transaction.execute("INSERT INTO marks VALUES (1)")
      try transaction.execute("DELETE FROM notes")
      return (transaction.changedRowCount, try transaction.rows("SELECT * FROM marks").count)
    }
    #expect(left == (1, 0))
    try await database.checkIntegrity()
  }

  @Test func `a database at its size limit says disk full and keeps what it has`() async throws {
    let folder = try TemporaryFolder()
    let database = try Self.open(folder, bytesMax: 200_000)
    var written = 0
    var failure: StorageError?
    while failure == nil, written < 100 {
      let number = written
      do {
        try await database.write { transaction throws(StorageError) in
          try transaction.execute(
            "INSERT INTO notes VALUES (?, ?, zeroblob(10000))",
            [.integer(number), .text("\(number)")])
        }
        written += 1
      } catch {
        failure = error
      }
    }
    #expect(failure == .diskFull(path: folder.file("state.db")))
    #expect(failure?.description.contains("disk full") == true)
    let count = try await database.read { transaction throws(StorageError) in
      try transaction.rows("SELECT count(*) FROM notes")[0].integer(0)
    }
    #expect(count == written)
    #expect(written > 5)
  }

  @Test func `a file that is no database is refused by name`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("state.db", [UInt8](repeating: 65, count: 5000))
    do throws(StorageError) {
      _ = try StateDatabase(path: path, migrations: Self.migrations)
      Issue.record("opened")
    } catch {
      guard case .corrupt(path, _) = error else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `a missing folder is refused by name`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("none/state.db")
    #expect(throws: StorageError.permissionDenied(path: path)) {
      try StateDatabase(path: path, migrations: Self.migrations)
    }
  }

  @Test func `a database of a newer version is refused`() throws {
    let folder = try TemporaryFolder()
    let newer = StorageMigration("more", "CREATE TABLE more (x)")
    _ = try StateDatabase(
      path: folder.file("state.db"), migrations: Self.migrations + [newer])
    #expect(
      throws: StorageError.newerSchema(path: folder.file("state.db"), migration: "more")
    ) {
      try Self.open(folder)
    }
  }

  @Test func `a migration that fails leaves the schema as it was`() async throws {
    let folder = try TemporaryFolder()
    _ = try Self.open(folder)
    let broken = StorageMigration("broken", "CREATE TABLE more (x); CREATE TABLE notes (x);")
    #expect(throws: StorageError.self) {
      try StateDatabase(path: folder.file("state.db"), migrations: Self.migrations + [broken])
    }
    let rows = try await Self.open(folder).read { transaction throws(StorageError) in
      try transaction.rows("SELECT name FROM sqlite_master WHERE name = 'more'")
    }
    #expect(rows == [])
  }

  @Test func `closing leaves one file, whoever holds the database still`() async throws {
    let folder = try TemporaryFolder()
    let database = try Self.open(folder)
    try await database.write { transaction throws(StorageError) in
      try transaction.execute("INSERT INTO notes VALUES (1, 'one', NULL)")
    }
    _ = try await database.read { transaction throws(StorageError) in
      try transaction.rows("SELECT text FROM notes")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count > 1)
    try database.close()
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["state.db"])
    await #expect(throws: StorageError.self) {
      try await database.write { transaction throws(StorageError) in
        try transaction.execute("DELETE FROM notes")
      }
    }
    let count = try await Self.open(folder).read { transaction throws(StorageError) in
      try transaction.rows("SELECT count(*) FROM notes")[0].integer(0)
    }
    #expect(count == 1)
  }

  @Test func `reads run while a write is under way`() async throws {
    let folder = try TemporaryFolder()
    let database = try Self.open(folder)
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<20 {
        group.addTask {
          try await database.write { transaction throws(StorageError) in
            try transaction.execute(
              "INSERT INTO notes VALUES (?, ?, NULL)", [.integer(number), .text("\(number)")])
          }
          return try await database.read { transaction throws(StorageError) in
            try transaction.rows("SELECT count(*) FROM notes")[0].integer(0) ?? 0
          }
        }
      }
      for try await count in group { #expect(count >= 1) }
    }
  }
}
