private import Glibc

/// A lock on a folder that one process holds at a time; it ends with the value or the process.
///
/// The lock is `flock` on the file `.lock` in the folder, which holds the process id of its owner.
/// The file stays when the lock ends.
package struct FolderLock: ~Copyable {
  private let descriptor: Descriptor

  /// Why a folder could not be locked.
  package enum Failure: Error, Equatable {
    /// Another process holds the lock; its id, where it could be read.
    case held(folder: String, processID: Int32?)
    /// The lock file could not be opened or written.
    case file(FileError)
  }

  /// Locks the folder at `path`, which must exist.
  package init(folder path: String) throws(Failure) {
    let file = path + "/.lock"
    let descriptor = try Self.opened(file)
    guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      guard number == EWOULDBLOCK else {
        throw .file(FileError(.lock, path: file, number: number))
      }
      throw .held(folder: path, processID: Self.owner(writtenIn: descriptor.number))
    }
    let text = Array("\(getpid())\n".utf8)
    let written = text.withUnsafeBytes { pwrite(descriptor.number, $0.baseAddress, $0.count, 0) }
    guard written == text.count, ftruncate(descriptor.number, off_t(text.count)) == 0 else {
      throw .file(FileError(.write, path: file, number: errno))
    }
    self.descriptor = descriptor
  }

  private static func opened(_ file: String) throws(Failure) -> Descriptor {
    do throws(FileError) {
      return try Descriptor(opening: file, O_RDWR | O_CREAT, mode: 0o644, for: .lock)
    } catch {
      throw .file(error)
    }
  }

  private static func owner(writtenIn descriptor: Int32) -> Int32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return nil }
    return Int32(String(decoding: bytes[..<count].prefix { $0 > 32 }, as: UTF8.self))
  }
}

extension FolderLock.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .held(let folder, let processID):
      "\(folder): another process works in this folder"
        + (processID.map { " (process \($0))" } ?? "")
    case .file(let error): error.description
    }
  }
}
