import Foundation
import TTRPC
import TestSupport
import Testing

/// The Python client with messages of Google's protobuf against services with ours.
@Suite(.enabled(if: canRun, "needs clients/python, protoc and python3-protobuf"))
struct PythonCallTests {
  @Test(.timeLimit(.minutes(2)))
  func `Python calls every kind of method with generated messages`() async throws {
    let sockets = try TemporaryFolder()
    let socket = sockets.file("s.sock")
    let server = TTRPCServer(configuration: ServerConfiguration(), services: FakeServices.all)
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await server.run(listening: [.path(socket, mode: 0o600)]) { start.finish() }
      }
      for await _ in started {}
      let script = folder.appending(path: "Python/call_services.py").path
      let (status, output) = try await runApart(
        "/usr/bin/python3", [script, repository.path, socket])
      #expect(status == 0, "\(output)")
      #expect(output.contains("Ran 6 tests"), "\(output)")
      server.beginGracefulShutdown(deadline: .zero)
      try await group.waitForAll()
    }
  }
}

private let folder = URL(filePath: #filePath).deletingLastPathComponent()

private let repository = folder.deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

private let canRun: Bool = {
  let client = repository.appending(path: "clients/python/autodidact_ttrpc.py").path
  guard FileManager.default.fileExists(atPath: client) else { return false }
  do {
    let check = "command -v protoc && /usr/bin/python3 -c 'import google.protobuf'"
    return try run("/bin/sh", ["-c", check]).status == 0
  } catch {
    return false
  }
}()

/// Runs a program on a thread that Swift concurrency does not need.
private func runApart(
  _ program: String, _ arguments: [String]
) async throws -> (status: Int32, output: String) {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread {
      continuation.resume(with: Result { try run(program, arguments) })
    }
  }
}

/// Runs a program to its end; returns its exit status and all its output.
private func run(
  _ program: String, _ arguments: [String]
) throws -> (status: Int32, output: String) {
  let result = try FinishedProgram(program, arguments) { process in
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["PYTHONDONTWRITEBYTECODE": "1"]
    ) { $1 }
  }
  return (result.code, result.output)
}
