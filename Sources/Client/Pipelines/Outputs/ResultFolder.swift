package import Files

/// A folder of results that is always whole: all results of the old run or all of the new one.
///
/// New files are written to `.staging`. Renaming that folder to `.committed` is the one step that
/// makes them valid; they are moved to their names afterwards, and again by whoever opens the
/// folder next if the process ends in between. A reader looks into `.committed` first.
package struct ResultFolder: Sendable {
  /// The folder's path.
  package let path: String
  private let calls: FileCalls

  /// The results in the folder at `path`.
  package init(path: String, calls: FileCalls = .system) {
    self.path = path
    self.calls = calls
  }

  /// Where new files are written before they are valid.
  package var staging: String { path + "/.staging" }
  private var committed: String { path + "/.committed" }

  /// The path from which the result `name` is to be read.
  package func file(_ name: String) -> String {
    let moving = committed + "/" + name
    return Folder.exists(moving) ? moving : path + "/" + name
  }

  /// Finishes what an earlier process began and makes room for new files.
  package func beginStaging() throws(FileError) {
    try finishMoving()
    try Folder.remove(staging)
    try Folder.create(staging)
  }

  /// Writes a new file, which is not valid before `commit()`.
  package func stage(_ bytes: [UInt8], as name: String) throws(FileError) {
    var file = try AtomicFile(path: staging + "/" + name, calls: calls)
    try file.append(bytes)
    try file.commit()
  }

  /// Makes the files in `staging` the results, all at once and durably.
  package func commit() throws(FileError) {
    try Folder.sync(staging, calls: calls)
    try Folder.rename(staging, to: committed, calls: calls)
    try Folder.sync(path, calls: calls)
    try finishMoving()
  }

  /// Moves committed files to their names, if there are any.
  package func finishMoving() throws(FileError) {
    guard Folder.exists(committed) else { return }
    for name in try Folder.names(in: committed) {
      try Folder.rename(committed + "/" + name, to: path + "/" + name, calls: calls)
    }
    try Folder.sync(path, calls: calls)
    try Folder.remove(committed)
  }
}
