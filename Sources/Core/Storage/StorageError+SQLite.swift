private import GRDB

extension StorageError {
  /// What SQLite refused about the database at `path`.
  init(_ error: any Error, path: String) {
    if let known = error as? StorageError {
      self = known
      return
    }
    guard let failure = error as? DatabaseError else {
      self = .database(code: -1, message: "\(error)")
      return
    }
    let message = failure.message ?? "\(failure.resultCode)"
    switch failure.resultCode {
    case .SQLITE_FULL: self = .diskFull(path: path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .corrupt(path: path, message: message)
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      self = .permissionDenied(path: path)
    case .SQLITE_IOERR: self = .device(path: path, message: message)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
    case .SQLITE_CONSTRAINT: self = .constraint(message)
    default: self = .database(code: failure.resultCode.rawValue, message: message)
    }
  }
}

extension StorageError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .diskFull(let path): "\(path): disk full"
    case .corrupt(let path, let message): "\(path) is damaged: \(message)"
    case .permissionDenied(let path): "\(path) cannot be opened for reading and writing"
    case .device(let path, let message): "\(path): the device failed: \(message)"
    case .busy(let path): "\(path) is locked by another process"
    case .newerSchema(let path, let migration):
      "\(path) was written by a newer version (its step `\(migration)` is unknown)"
    case .constraint(let message): "a rule of the schema was broken: \(message)"
    case .database(let code, let message): "SQLite failed with \(code): \(message)"
    }
  }
}
