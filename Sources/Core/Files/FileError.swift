/// What the file system can refuse, with the file and the system's error number.
package enum FileError: Error, Equatable {
  /// A step of reading or writing a file.
  package enum Operation: String, Sendable {
    case open, inspect, map, read, write, sync, rename, createFolder, lock, remove
  }

  /// There is no file at the path.
  case notFound(path: String)
  /// The file exists, but this process may not read or write it.
  case permissionDenied(path: String)
  /// The device of the file is full, or the quota is used up.
  case diskFull(path: String)
  /// The path names something that is not a regular file.
  case notRegularFile(path: String)
  /// Another error number of the system.
  case system(operation: Operation, path: String, errorNumber: Int32)
}
