private import Glibc

/// The system calls through which files are written, so that tests can make each of them fail.
///
/// Every closure returns a negative number and sets `errno` on failure, as the system does.
package struct FileCalls: Sendable {
  /// Writes bytes at an offset and returns how many were written.
  package var write: @Sendable (Int32, UnsafeRawBufferPointer, Int) -> Int
  /// Brings a file or folder to the device.
  package var sync: @Sendable (Int32) -> Int32
  /// Gives a file a new name, replacing what had it.
  package var rename: @Sendable (String, String) -> Int32

  /// The calls of the system.
  package static let system = FileCalls(
    write: { pwrite($0, $1.baseAddress, $1.count, off_t($2)) },
    sync: { fsync($0) },
    rename: { Glibc.rename($0, $1) })

  /// Writes all of `bytes` at an offset of an open file; returns why that was not possible.
  package func failure(
    writing bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int, path: String
  ) -> FileError? {
    var written = 0
    while written < bytes.count {
      let result = write(
        descriptor, UnsafeRawBufferPointer(rebasing: bytes[written...]), offset + written)
      if result > 0 {
        written += result
      } else if result == 0 || errno != EINTR {
        return FileError(.write, path: path, number: result == 0 ? EIO : errno)
      }
    }
    return nil
  }
}

/// A file that appears at its path whole or not at all.
///
/// The bytes go to a file without a name in the same folder, or to a temporary one where the file
/// system has no nameless files. `commit()` brings them to the device, gives the file a temporary
/// name, renames it to its path and brings the folder to the device: after it returns, the file
/// survives a crash. Without `commit()`, also after a kill, nothing is left.
///
/// Cost: one write of the bytes and two syncs.
package struct AtomicFile: ~Copyable {
  /// The path at which the file will appear.
  package let path: String
  /// The number of bytes appended so far.
  package private(set) var count = 0
  private let temporaryPath: String
  private let hasName: Bool
  private let descriptor: Int32
  private let calls: FileCalls
  private var isCommitted = false

  /// Begins a file that will appear at `path`; its folder must exist.
  package init(path: String, calls: FileCalls = .system) throws(FileError) {
    self.path = path
    self.calls = calls
    let nameless = open(Self.folder(of: path), Self.namelessFlags, 0o644)
    if nameless >= 0 {
      (descriptor, hasName) = (nameless, false)
      temporaryPath = "\(path).partial-\(getpid())-\(nameless)"
    } else {
      var template = Array("\(path).partial-XXXXXX".utf8CString)
      descriptor = mkstemp(&template)
      guard descriptor >= 0 else { throw FileError(.open, path: path, number: errno) }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      hasName = true
      temporaryPath = String(
        decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    fchmod(descriptor, 0o644)
  }

  /// `O_TMPFILE`, a macro of two parts that Swift does not see, to write only.
  private static let namelessFlags = 0o20_000_000 | O_DIRECTORY | O_WRONLY | O_CLOEXEC

  /// The folder of a path.
  private static func folder(of path: String) -> String {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    return folder.isEmpty ? "/" : folder
  }

  deinit {
    close(descriptor)
    // ignoring: the name of an abandoned file is all that would stay.
    if hasName && !isCommitted { unlink(temporaryPath) }
  }

  /// Appends `bytes`.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
    if let failure = failure(writing: bytes, at: count) { throw failure }
    count += bytes.count
  }

  /// Appends `bytes`.
  package mutating func append(_ bytes: [UInt8]) throws(FileError) {
    if let failure = bytes.withUnsafeBytes({ failure(writing: $0, at: count) }) { throw failure }
    count += bytes.count
  }

  /// Overwrites bytes that were appended before.
  package mutating func replace(at offset: Int, with bytes: [UInt8]) throws(FileError) {
    precondition(
      offset >= 0 && offset + bytes.count <= count,
      "bytes \(offset)..<\(offset + bytes.count) of \(count)")
    if let failure = bytes.withUnsafeBytes({ failure(writing: $0, at: offset) }) { throw failure }
  }

  /// Makes the file appear at its path, durably.
  package consuming func commit() throws(FileError) {
    guard calls.sync(descriptor) == 0 else { throw FileError(.sync, path: path, number: errno) }
    if !hasName, let failure = nameFile() { throw failure }
    guard calls.rename(temporaryPath, path) == 0 else {
      let failure = FileError(.rename, path: path, number: errno)
      if !hasName { unlink(temporaryPath) }
      throw failure
    }
    isCommitted = true
    try syncFolder()
  }

  /// Gives the nameless file its temporary name, which only a killed process of this number holds.
  private func nameFile() -> FileError? {
    let source = "/proc/self/fd/\(descriptor)"
    if linkat(AT_FDCWD, source, AT_FDCWD, temporaryPath, AT_SYMLINK_FOLLOW) == 0 { return nil }
    if errno == EEXIST {
      unlink(temporaryPath)
      if linkat(AT_FDCWD, source, AT_FDCWD, temporaryPath, AT_SYMLINK_FOLLOW) == 0 { return nil }
    }
    return FileError(.rename, path: path, number: errno)
  }

  private func syncFolder() throws(FileError) {
    try Folder.sync(Self.folder(of: path), calls: calls)
  }

  private func failure(writing bytes: UnsafeRawBufferPointer, at offset: Int) -> FileError? {
    calls.failure(writing: bytes, to: descriptor, at: offset, path: path)
  }
}
