private import Glibc

/// The disk that a folder takes, and what is left for it.
struct DiskUsage: Equatable {
  /// Bytes of all files below the folder.
  var usedBytes: Int
  /// Bytes that this user may still write.
  var freeBytes: Int
}

/// Returns how much disk a folder takes and has left, or nil if it is not there.
///
/// Looks at the first 10,000 entries below the folder; what cannot be read counts as nothing.
func diskUsage(of folder: String) -> DiskUsage? {
  var disk = statvfs()
  guard statvfs(folder, &disk) == 0 else { return nil }
  let free = Int(clamping: disk.f_bavail).multipliedReportingOverflow(by: Int(disk.f_frsize))
  var usage = DiskUsage(usedBytes: 0, freeBytes: free.overflow ? .max : free.partialValue)
  var folders = [folder]
  var entryCount = 0
  while let next = folders.popLast(), let stream = opendir(next) {
    defer { closedir(stream) }
    while let entry = readdir(stream), entryCount < 10_000 {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      entryCount += 1
      var status = stat()
      let path = "\(next)/\(name)"
      guard lstat(path, &status) == 0 else { continue }
      usage.usedBytes += Int(status.st_blocks) * 512
      if status.st_mode & S_IFMT == S_IFDIR { folders.append(path) }
    }
  }
  return usage
}
