private import Glibc

extension FileError {
  /// The case that fits the error `number` of the system.
  package init(_ operation: Operation, path: String, number: Int32) {
    self =
      switch number {
      case ENOENT: .notFound(path: path)
      case EACCES, EPERM, EROFS: .permissionDenied(path: path)
      case ENOSPC, EDQUOT: .diskFull(path: path)
      default: .system(operation: operation, path: path, errorNumber: number)
      }
  }
}
