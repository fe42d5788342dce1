internal import Storage

/// The schema of the teacher's database, step by step.
enum RunSchema {
  /// All steps; new ones are appended.
  static let migrations = [
    StorageMigration(
      "runs",
      """
      CREATE TABLE uploads (id INTEGER PRIMARY KEY AUTOINCREMENT);
      CREATE TABLE chunks (
        upload INTEGER NOT NULL REFERENCES uploads ON DELETE CASCADE,
        number INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (upload, number)
      ) WITHOUT ROWID;
      CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        upload INTEGER NOT NULL REFERENCES uploads,
        header BLOB NOT NULL,
        digest TEXT NOT NULL,
        labelled_count INTEGER NOT NULL,
        unlabelled_count INTEGER NOT NULL,
        test_count INTEGER NOT NULL,
        dimensions INTEGER NOT NULL,
        created INTEGER NOT NULL,
        state INTEGER NOT NULL,
        failure TEXT NOT NULL DEFAULT '',
        checkpoint BLOB,
        quarantine BLOB,
        outcome BLOB
      );
      CREATE TABLE rounds (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        round INTEGER NOT NULL,
        report BLOB NOT NULL,
        record BLOB NOT NULL,
        PRIMARY KEY (run, round)
      );
      CREATE TABLE pseudo_labels (
        run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
        round INTEGER NOT NULL,
        sample TEXT NOT NULL,
        class TEXT NOT NULL,
        confidence REAL NOT NULL,
        ood_score REAL NOT NULL,
        weight REAL NOT NULL,
        teacher_digest TEXT NOT NULL,
        PRIMARY KEY (run, round, sample)
      ) WITHOUT ROWID;
      """)
  ]
}
