import Foundation
import TestSupport

/// Some daemons as processes, in a folder of their own.
final class RunningDaemons {
  let folder: TemporaryFolder
  let environment: [String: String]
  private var daemons: [ChildProcess] = []

  /// Starts the daemons and waits until each serves.
  init(_ names: [String]) async throws {
    folder = try TemporaryFolder()
    environment = [
      "AUTODIDACT_RUNTIME_DIR": folder.file("run"),
      "AUTODIDACT_STATE_DIR": folder.file("state"),
      "AUTODIDACT_MODELS_DIR": SharedModels.folder,
    ]
    try FileManager.default.createDirectory(
      atPath: folder.file("run"), withIntermediateDirectories: true)
    for name in names {
      daemons.append(
        try ChildProcess("autodidact-\(name)", [], environment: environment, folder: folder))
    }
    for daemon in daemons { _ = await daemon.line(containing: "serving") }
  }

  /// Runs the command line and waits for its end.
  func autodidact(
    _ arguments: String...
  ) async throws -> (code: Int32, output: String, errors: [String]) {
    try await start(arguments).result()
  }

  /// Starts the command line.
  func start(_ arguments: [String]) throws -> ChildProcess {
    try ChildProcess("autodidact", arguments, environment: environment, folder: folder)
  }
}
