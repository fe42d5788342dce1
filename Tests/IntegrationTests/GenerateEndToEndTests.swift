import Foundation
import TestSupport
import Testing

/// `autodidact generate` with the real daemon and a small random model.
@Suite(
  .enabled(
    if: ChildProcess.areBuilt(["autodidact", "autodidact-inference"]),
    "needs the executables of the package"),
  .serialized, .timeLimit(.minutes(3)))
struct GenerateEndToEndTests {
  let folder: TemporaryFolder
  let environment: [String: String]

  init() throws {
    folder = try TemporaryFolder()
    environment = [
      "AUTODIDACT_RUNTIME_DIR": folder.file("run"), "AUTODIDACT_STATE_DIR": folder.file("state"),
      "AUTODIDACT_MODELS_DIR": folder.file("models"), "AUTODIDACT_MODEL_DEFAULT": "tiny",
    ]
    for name in ["run", "models"] {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: true)
    }
  }

  private func start(_ name: String, _ arguments: [String]) throws -> ChildProcess {
    try ChildProcess(name, arguments, environment: environment, folder: folder)
  }

  private func daemon() async throws -> ChildProcess {
    try TinyLanguageModel.write(to: folder.file("models/tiny.gguf"))
    let daemon = try start("autodidact-inference", [])
    _ = await daemon.line(containing: "serving")
    return daemon
  }

  private func generate(
    _ arguments: String...
  ) async throws -> (code: Int32, output: String, errors: [String]) {
    try await start("autodidact", ["generate"] + arguments).result()
  }

  @Test func `a prompt gives the same text however tokens are guessed`() async throws {
    let daemon = try await daemon()
    var outputs: Set<String> = []
    for mode in ["auto", "off", "lookup"] {
      let result = try await generate(
        "--prompt", "abcabc", "--max-tokens", "40", "--temperature", "1", "--seed", "5",
        "--speculate", mode, "--stats")
      #expect(result.code == 0, "\(result.errors)")
      #expect(result.errors.contains { $0.contains("tokens a step") }, "\(result.errors)")
      outputs.insert(result.output)
    }
    #expect(outputs.count == 1)
    let json = try await generate(
      "--prompt", "a", "--samples", "2", "--max-tokens", "3", "--format", "json")
    #expect(json.output.contains(#""finish_reason" : "#) && json.output.contains("model_digest"))
    let chat = try folder.write("chat.jsonl", Array(#"{"role":"user","content":"Hi"}"#.utf8))
    let answer = try await generate("--chat", chat, "--max-tokens", "4")
    #expect(answer.code == 0, "\(answer.errors)")
    withExtendedLifetime(daemon) {}
  }

  @Test func `a file of prompts survives kills of command and daemon`() async throws {
    let prompts = (0..<120).map { "{\"prompt\":\"p\($0)\",\"seed\":\($0)}\n" }.joined()
    let input = try folder.write("in.jsonl", Array(prompts.utf8))
    func arguments(_ output: String) -> [String] {
      [
        "generate", "--input", input, "--output", folder.file(output), "--max-tokens", "300",
        "--temperature", "1", "--format", "json",
      ]
    }
    var daemon = try await daemon()
    let killed = try start("autodidact", arguments("out.jsonl"))
    _ = await killed.line(containing: "generating")
    await killed.killNow()
    let partial = folder.file("out.jsonl.partial")
    #expect(FileManager.default.fileExists(atPath: partial))

    let cut = try start("autodidact", arguments("out.jsonl"))
    _ = await cut.line(containing: "generating")
    await daemon.killNow()
    let failed = try await cut.result()
    #expect(failed.code == 1)
    #expect(failed.errors.last?.contains("finished rows are kept") == true, "\(failed.errors)")

    daemon = try start("autodidact-inference", [])
    _ = await daemon.line(containing: "serving")
    let first = try await start("autodidact", arguments("out.jsonl")).result()
    #expect(first.code == 0, "\(first.errors)")
    let second = try await start("autodidact", arguments("again.jsonl")).result()
    #expect(second.code == 0, "\(second.errors)")
    let files = try ["out.jsonl", "again.jsonl"].map {
      try Data(contentsOf: URL(filePath: folder.file($0)))
    }
    #expect(files[0] == files[1])
    #expect(files[0].count { $0 == 10 } == 120)
    #expect(!FileManager.default.fileExists(atPath: partial))
    withExtendedLifetime(daemon) {}
  }

  @Test func `what is missing is named with the way to get it`() async throws {
    let silent = try await generate("--prompt", "a")
    #expect(silent.code == 1)
    #expect(
      silent.errors.last?.contains("autodidact-inference does not answer") == true,
      "\(silent.errors)")
    let daemon = try await daemon()
    let missing = try await generate("--prompt", "a", "--model", "smollm2")
    #expect(missing.code == 1)
    #expect(missing.errors.last?.contains("autodidact model fetch smollm2") == true)
    let long = try await generate("--prompt", String(repeating: "a", count: 2_000))
    #expect(long.errors.last?.contains("the context has 1024") == true, "\(long.errors)")
    let nothing = try await generate()
    #expect(nothing.code == 2, "\(nothing.errors)")
    withExtendedLifetime(daemon) {}
  }

  @Test func `a daemon without its default model serves and says what is missing`() async throws {
    let daemon = try start("autodidact-inference", [])
    let log = await daemon.line(containing: "serving  services")
    #expect(log.contains { $0.contains("serving without it") }, "\(log)")
    let refused = try await generate("--prompt", "a")
    #expect(refused.errors.last?.contains("there is no language model \"tiny\"") == true)
    try TinyLanguageModel.write(to: folder.file("models/tiny.gguf"))
    let answered = try await generate("--prompt", "a", "--max-tokens", "2")
    #expect(answered.code == 0, "\(answered.errors)")
  }
}
