internal import Storage

/// The schema of the judge's database, step by step.
///
/// Rows are written once: triggers refuse every change and every removal.
enum JudgeSchema {
  /// All steps; new ones are appended.
  static let migrations = [
    StorageMigration("judges and scores", tables),
    StorageMigration("immutable rows", immutability),
    StorageMigration("causes of decisions", causes),
  ]

  private static let tables = """
    CREATE TABLE judges (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      digest TEXT NOT NULL,
      method BLOB NOT NULL,
      state BLOB NOT NULL,
      fitted_count INTEGER NOT NULL,
      encoder_digest TEXT NOT NULL,
      language_digest TEXT NOT NULL,
      remarks TEXT NOT NULL,
      created INTEGER NOT NULL,
      UNIQUE (name, version)
    );
    CREATE TABLE removals (
      judge INTEGER PRIMARY KEY REFERENCES judges,
      removed INTEGER NOT NULL
    );
    CREATE TABLE calibrations (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      judge INTEGER NOT NULL REFERENCES judges,
      digest TEXT NOT NULL,
      state BLOB NOT NULL,
      report BLOB NOT NULL,
      created INTEGER NOT NULL
    );
    CREATE INDEX calibrations_of_judge ON calibrations (judge);
    CREATE TABLE policies (digest TEXT PRIMARY KEY, policy BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE runs (
      id TEXT PRIMARY KEY,
      judge INTEGER NOT NULL REFERENCES judges,
      policy TEXT NOT NULL REFERENCES policies,
      created INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE items (
      id INTEGER PRIMARY KEY,
      digest TEXT NOT NULL UNIQUE,
      item BLOB NOT NULL
    );
    CREATE TABLE scores (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      run TEXT NOT NULL REFERENCES runs,
      item_id TEXT NOT NULL,
      item INTEGER NOT NULL REFERENCES items,
      judge INTEGER NOT NULL REFERENCES judges,
      calibration INTEGER REFERENCES calibrations,
      status INTEGER NOT NULL,
      reason TEXT NOT NULL,
      value REAL,
      probability REAL,
      probability_lower REAL,
      probability_upper REAL,
      parts BLOB NOT NULL,
      prompt_digest TEXT NOT NULL,
      response_digest TEXT NOT NULL,
      reference_digest TEXT NOT NULL,
      seconds REAL NOT NULL,
      created INTEGER NOT NULL,
      UNIQUE (run, item_id)
    );
    CREATE TABLE certificates (
      id TEXT PRIMARY KEY,
      judge INTEGER NOT NULL REFERENCES judges,
      policy TEXT NOT NULL REFERENCES policies,
      certificate BLOB NOT NULL,
      created INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE decisions (
      score INTEGER NOT NULL REFERENCES scores,
      certificate TEXT NOT NULL REFERENCES certificates,
      accepted INTEGER NOT NULL,
      reason TEXT NOT NULL,
      created INTEGER NOT NULL,
      PRIMARY KEY (score, certificate)
    ) WITHOUT ROWID;
    """

  /// A decision of before has the cause 0: not recorded.
  private static let causes = "ALTER TABLE decisions ADD COLUMN cause INTEGER NOT NULL DEFAULT 0"

  private static let immutability =
    [
      "judges", "removals", "calibrations", "policies", "runs", "items", "scores", "certificates",
      "decisions",
    ].map { table in
      """
      CREATE TRIGGER \(table)_never_change BEFORE UPDATE ON \(table)
      BEGIN SELECT RAISE(ABORT, 'rows of \(table) never change'); END;
      CREATE TRIGGER \(table)_never_go BEFORE DELETE ON \(table)
      BEGIN SELECT RAISE(ABORT, 'rows of \(table) are never removed'); END;
      """
    }.joined(separator: "\n")
}
