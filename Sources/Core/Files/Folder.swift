private import Glibc

/// Steps on folders and their entries, each with the system's error on failure.
package enum Folder {
  /// Creates the folder at `path` and those above it; nothing happens where it exists.
  package static func create(_ path: String) throws(FileError) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw FileError(.createFolder, path: path, number: ENOTDIR)
      }
      return
    }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try create(String(path[..<slash]))
    }
    if mkdir(path, 0o755) != 0, errno != EEXIST {
      throw FileError(.createFolder, path: path, number: errno)
    }
  }

  /// The names in the folder at `path`, sorted; none where there is no such folder.
  package static func names(in path: String) throws(FileError) -> [String] {
    guard let stream = opendir(path) else {
      if errno == ENOENT { return [] }
      throw FileError(.open, path: path, number: errno)
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether something has the path.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Removes the folder at `path` with the files in it; nothing happens where there is none.
  package static func remove(_ path: String) throws(FileError) {
    for name in try names(in: path) {
      let entry = path + "/" + name
      guard unlink(entry) == 0 || errno == ENOENT else {
        throw FileError(.remove, path: entry, number: errno)
      }
    }
    guard rmdir(path) == 0 || errno == ENOENT else {
      throw FileError(.remove, path: path, number: errno)
    }
  }

  /// Brings the names in the folder at `path` to the device.
  package static func sync(_ path: String, calls: FileCalls = .system) throws(FileError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(.open, path: path, number: errno) }
    defer { close(descriptor) }
    guard calls.sync(descriptor) == 0 else {
      throw FileError(.sync, path: path, number: errno)
    }
  }

  /// Gives what has the path `old` the path `new`, replacing a file or an empty folder there.
  package static func rename(
    _ old: String, to new: String, calls: FileCalls = .system
  ) throws(FileError) {
    guard calls.rename(old, new) == 0 else { throw FileError(.rename, path: new, number: errno) }
  }
}
