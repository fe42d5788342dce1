import TestSupport

/// A file with a text, for one test.
enum TemporaryText {
  /// Calls `body` with the path of a file that holds `text`, and removes the file.
  @discardableResult
  static func with<Result>(
    _ text: String, _ body: (String) async throws -> Result
  ) async throws -> Result {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    return try await body(folder.write("configuration.json", Array(text.utf8)))
  }
}
