private import Glibc

extension FileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notFound(let path): "\(path): there is no such file or folder"
    case .permissionDenied(let path): "\(path): permission denied"
    case .diskFull(let path): "\(path): the disk is full or the quota is used up"
    case .notRegularFile(let path): "\(path): not a regular file"
    case .system(let operation, let path, let number):
      "\(path): cannot \(operation.words): \(String(cString: strerror(number)))"
    }
  }
}

extension FileError.Operation {
  fileprivate var words: String {
    switch self {
    case .createFolder: "create the folder"
    case .sync: "bring the file to the device"
    default: rawValue
    }
  }
}
