private import Foundation

/// A new empty folder that is removed, with all that is in it, when the value ends.
package final class TemporaryFolder: Sendable {
  /// The folder's path.
  package let path: String

  /// Creates the folder.
  package init() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "autodidact-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path()
  }

  deinit {
    // ignoring: a folder that stays behind harms no test.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The path of a file in the folder.
  package func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file into the folder and returns its path.
  package func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(filePath: file(name)))
    return file(name)
  }

  /// The names in the folder, sorted.
  package func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}
