internal import Digests
package import Files
private import Glibc
internal import Messages

/// The files of stored detectors: states by their digest, and one record a name that points to one.
///
/// `states/<sha256>` holds the bytes of a detector, `names/<name>` the SHA-256 and the bytes of its
/// `Detector` message. A record appears by a rename after its state is on the device, so that a
/// crash leaves the old detector or the new one. States that no record points to are removed at the
/// start.
package struct DetectorFiles: Sendable {
  private let folder: String
  private let calls: FileCalls

  /// Opens the folder, creating it where it is not there, and keeps other processes out of it.
  package init(folder: String, calls: FileCalls = .system) throws {
    self.folder = folder
    self.calls = calls
    for path in [folder, "\(folder)/states", "\(folder)/names"] { try Self.create(path) }
    lock = HeldLock(try FolderLock(folder: folder))
  }

  private let lock: HeldLock

  private static func create(_ path: String) throws(FileError) {
    var prefix = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: true) {
      prefix += (prefix.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
      guard mkdir(prefix, 0o750) != 0, errno != EEXIST else { continue }
      var status = stat()
      let number = errno
      guard stat(prefix, &status) == 0 else {
        throw FileError(.createFolder, path: prefix, number: number)
      }
    }
  }

  private func statePath(_ digest: String) -> String { "\(folder)/states/\(digest)" }

  private func recordPath(_ name: String) -> String { "\(folder)/names/\(name)" }

  /// Writes a state under its digest, which is returned; nothing is written where it is there.
  func writeState(_ bytes: [UInt8]) throws(FileError) -> String {
    let digest = SHA256.hash(data: bytes).hexadecimal
    guard access(statePath(digest), F_OK) != 0 else { return digest }
    var file = try AtomicFile(path: statePath(digest), calls: calls)
    try file.append(bytes)
    try file.commit()
    return digest
  }

  /// Maps the state of this digest.
  func state(_ digest: String) throws(FileError) -> MappedFile {
    try MappedFile(path: statePath(digest))
  }

  /// Removes a state that no record points to.
  func removeState(_ digest: String) {
    // ignoring: a state that stays is removed at the next start.
    unlink(statePath(digest))
  }

  /// Writes the record of a name in place of what it had.
  func writeRecord(_ record: Detector) throws {
    let bytes = try record.encoded()
    var file = try AtomicFile(path: recordPath(record.name), calls: calls)
    try file.append(SHA256.hash(data: bytes))
    try file.append(bytes)
    try file.commit()
  }

  /// Removes the record of a name.
  func removeRecord(_ name: String) throws(FileError) {
    guard unlink(recordPath(name)) == 0 else {
      throw FileError(.remove, path: recordPath(name), number: errno)
    }
    let descriptor = open("\(folder)/names", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw FileError(.open, path: "\(folder)/names", number: errno)
    }
    defer { close(descriptor) }
    guard calls.sync(descriptor) >= 0 else {
      throw FileError(.sync, path: "\(folder)/names", number: errno)
    }
  }

  /// The record of every name, or nil for a record that is damaged; unfinished files are removed.
  func records() throws(FileError) -> [String: Detector?] {
    var records: [String: Detector?] = [:]
    for name in try entries("\(folder)/names") {
      if name.contains(".partial-") {
        // ignoring: a leftover that stays harms nobody.
        unlink(recordPath(name))
        continue
      }
      records[name] = .some(record(name))
    }
    return records
  }

  /// The record of a name, or nil where there is none that can be read.
  func record(_ name: String) -> Detector? {
    let file: MappedFile
    do {
      file = try MappedFile(path: recordPath(name))
    } catch {
      return nil
    }
    return file.withUnsafeBytes { bytes in
      guard bytes.count >= SHA256.byteCount else { return nil }
      let content = UnsafeRawBufferPointer(rebasing: bytes[SHA256.byteCount...])
      guard SHA256.hash(data: content).elementsEqual(bytes.prefix(SHA256.byteCount)) else {
        return nil
      }
      do {
        let record = try Detector.decoded(from: content, limits: DecodingLimits())
        return record.name == name ? record : nil
      } catch {
        return nil
      }
    }
  }

  /// Removes the states that are not in `digests`.
  func removeStates(except digests: Set<String>) throws(FileError) {
    for name in try entries("\(folder)/states") where !digests.contains(name) { removeState(name) }
  }

  private func entries(_ path: String) throws(FileError) -> [String] {
    guard let stream = opendir(path) else {
      throw FileError(.open, path: path, number: errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// A lock that the copies of a value share.
private final class HeldLock: Sendable {
  private let lock: FolderLock

  init(_ lock: consuming FolderLock) { self.lock = lock }
}
