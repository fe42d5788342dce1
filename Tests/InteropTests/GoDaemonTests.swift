import Foundation
import TestSupport
import Testing

/// Containerd's client, unchanged, against our daemons as processes.
@Suite(
  .timeLimit(.minutes(5)), .enabled(if: GoPrograms.isAvailable, GoPrograms.hint),
  .enabled(
    if: DaemonProgram.isBuilt(["encoder", "teacher"]),
    "needs the daemons beside the tests: swift build"))
struct GoDaemonTests {
  @Test func `Go asks the teacher for its health, its methods and a run that is not there`()
    async throws
  {
    let daemon = try await DaemonProgram.serving("teacher")
    let name = "autodidact.v1.Teacher"
    let check = "0a15" + hexadecimal(name)
    #expect(
      try await GoPrograms.call(daemon.socket, "grpc.health.v1.Health", "Check", check)
        == "ok 0801")
    let methods = try await GoPrograms.call(daemon.socket, name, "ListMethods", "")
    #expect(methods.hasPrefix("ok 0a") && methods.contains(hexadecimal("balanced-quotas")))
    let run = try await GoPrograms.call(daemon.socket, name, "GetRun", "0a04" + hexadecimal("none"))
    #expect(run.hasPrefix("error 5 ") && run.contains("none"))
  }

  @Test(.enabled(if: SharedModels.hasMiniLM, "needs the model minilm: autodidact model fetch"))
  func `Go gets the vector of a text`() async throws {
    let daemon = try await DaemonProgram.serving("encoder")
    let request = "22070a05" + hexadecimal("hello")
    let answer = try await GoPrograms.call(
      daemon.socket, "autodidact.v1.Encoder", "Encode", request)
    // The tensor is field 2; 384 numbers are 1,536 bytes, two digits each.
    #expect(answer.hasPrefix("ok 12") && answer.count > 2 * 1536)
  }

  private func hexadecimal(_ text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// A daemon that runs as long as this value lives.
final class DaemonProgram {
  private static let buildFolder = URL(filePath: CommandLine.arguments[0])
    .deletingLastPathComponent()

  /// Whether these daemons are built beside the tests.
  static func isBuilt(_ names: [String]) -> Bool {
    names.allSatisfy {
      FileManager.default.isExecutableFile(
        atPath: buildFolder.appending(path: "autodidact-\($0)").path())
    }
  }

  /// The path of its socket.
  let socket: String
  private let folder: TemporaryFolder
  private let process = Process()

  private init(_ name: String, models: String) throws {
    folder = try TemporaryFolder()
    socket = folder.file("\(name).sock")
    process.executableURL = Self.buildFolder.appending(path: "autodidact-\(name)")
    process.arguments = ["--socket", socket]
    process.environment = ProcessInfo.processInfo.environment.merging([
      "AUTODIDACT_STATE_DIR": folder.file("state"),
      "AUTODIDACT_MODELS_DIR": models,
    ]) { $1 }
  }

  deinit {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }

  /// Starts a daemon and waits until it says that it serves.
  static func serving(
    _ name: String, models: String = SharedModels.folder
  ) async throws -> DaemonProgram {
    let daemon = try DaemonProgram(name, models: models)
    let errors = Pipe()
    daemon.process.standardError = errors
    let (lines, continuation) = AsyncStream.makeStream(of: String.self)
    errors.fileHandleForReading.readabilityHandler = { handle in
      let data = handle.availableData
      if data.isEmpty {
        handle.readabilityHandler = nil
        continuation.finish()
      } else {
        continuation.yield(String(decoding: data, as: UTF8.self))
      }
    }
    try daemon.process.run()
    var log = ""
    for await text in lines {
      log += text
      if log.contains("  serving  ") { return daemon }
    }
    throw Programs.Failure(description: "autodidact-\(name) did not start: \(log)")
  }
}
