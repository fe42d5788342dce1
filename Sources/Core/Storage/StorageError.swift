/// What a database can refuse.
package enum StorageError: Error, Equatable {
  /// The device is full, or the quota or the configured size is used up.
  case diskFull(path: String)
  /// The file is not a database, or its pages contradict each other.
  case corrupt(path: String, message: String)
  /// The file or its folder may not be read or written.
  case permissionDenied(path: String)
  /// The device failed to read or write.
  case device(path: String, message: String)
  /// Another process keeps the database locked.
  case busy(path: String)
  /// A newer version of this program wrote the database.
  case newerSchema(path: String, migration: String)
  /// A rule of the schema was broken: a duplicate, or a reference to nothing.
  case constraint(String)
  /// Another failure of SQLite.
  case database(code: Int32, message: String)
}
