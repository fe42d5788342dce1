import Foundation
import TestSupport
import Testing

/// The inference daemon as a process, called by containerd's Go client and by the Python client.
@Suite(
  .timeLimit(.minutes(5)),
  .enabled(if: DaemonProgram.isBuilt(["inference"]), "needs the daemon beside the tests"))
struct InferenceDaemonTests {
  let models: TemporaryFolder

  init() throws {
    models = try TemporaryFolder()
    try TinyLanguageModel.write(to: models.file("smollm2.gguf"))
  }

  @Test(.enabled(if: GoPrograms.isAvailable, GoPrograms.hint))
  func `Go asks for the tokens of a prompt`() async throws {
    let daemon = try await DaemonProgram.serving("inference", models: models.path)
    // TokenizePromptsRequest { prompts: [Prompt { text: "AB" }] }
    let answer = try await GoPrograms.call(
      daemon.socket, "autodidact.v1.Inference", "TokenizePrompts", "12040a024142")
    // Bytes are the tokens from 3 on: TokenIDs { ids: [68, 69] }
    #expect(answer == "ok 0a040a024445")
  }

  @Test(.enabled(if: PythonProgram.isAvailable, "needs protoc and python3-protobuf"))
  func `Python streams a text and scores it`() async throws {
    let daemon = try await DaemonProgram.serving("inference", models: models.path)
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let script = root.appending(path: "Tests/InteropTests/Python/call_inference.py").path
    let outcome = try await Programs.run(
      PythonProgram.path, ["-B", script, root.path, daemon.socket])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("generated 12 tokens"), "\(outcome.output)")
  }
}

/// Debian's Python with the standard protobuf package.
enum PythonProgram {
  /// Its path.
  static let path = "/usr/bin/python3"

  /// Whether it is there, and protoc too.
  static let isAvailable: Bool = {
    do {
      let check = "command -v protoc && \(path) -c 'import google.protobuf'"
      return try Programs.runBlocking("/bin/sh", ["-c", check]).status == 0
    } catch {
      return false
    }
  }()
}
