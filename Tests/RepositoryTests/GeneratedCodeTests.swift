import Foundation
import Testing

/// What `ops/protos` makes of the schema, and what it refuses.
@Suite(
  .enabled(if: toolsAreThere, "needs protobuf-compiler, protobuf-c-compiler, python3-protobuf"))
struct GeneratedCodeTests {
  @Test func `generating again changes nothing`() throws {
    let (status, output) = try run("ops/protos", ["--check"])
    #expect(status == 0, "\(output)")
  }

  @Test(arguments: [
    ("message M { M m = 1; }", "is recursive"),
    ("message M { N n = 1; } message N { repeated M m = 1; }", "is recursive"),
    ("message M { map<string, string> m = 1; }", "maps"),
    ("message M { optional string s = 1; }", "proto3 optional"),
    ("message M { oneof s_presence { string s = 1; string t = 2; } }", "exactly one member"),
    ("enum E { FIRST = 0; }", "must be …_UNSPECIFIED"),
    ("message M {} service S { rpc Call(M) returns (M); }", "no idempotency_level"),
    ("message M {} service S { rpc Call(M) returns (M); }", "S.Call: no comment"),
    ("message M {}", "M: no comment"),
    ("/* M. */ message M { string s = 1; }", "M.s: no comment"),
    ("message M { oneof o { string s = 1; } }", "M.s: no comment"),
    ("enum E { E_UNSPECIFIED = 0; }", "E.E_UNSPECIFIED: no comment"),
  ])
  func `a schema that breaks a rule is refused with its reason`(
    _ declarations: String, _ reason: String
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }  // ignoring: a stray folder in /tmp
    let source = "syntax = \"proto3\"; package autodidact.v1; \(declarations)"
    try source.write(to: folder.appending(path: "m.proto"), atomically: true, encoding: .utf8)
    let plugin = SourceTree.root.appending(path: "ops/generator/protoc-gen-autodidact").path
    let (status, output) = try run(
      "/usr/bin/env",
      [
        "protoc", "-I", folder.path, "--plugin=protoc-gen-autodidact=\(plugin)",
        "--autodidact_out=\(folder.path)", "m.proto",
      ])
    #expect(status != 0)
    #expect(output.contains(reason), "\(output)")
  }
}

private let toolsAreThere: Bool = {
  do {
    let check = "command -v protoc protoc-c && /usr/bin/python3 -c 'import google.protobuf'"
    return try run("/bin/sh", ["-c", check]).status == 0
  } catch {
    return false
  }
}()

/// Runs a program of the checkout or of the host, and returns its exit status and all its output.
private func run(
  _ program: String, _ arguments: [String]
) throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL =
    program.hasPrefix("/") ? URL(filePath: program) : SourceTree.root.appending(path: program)
  process.arguments = arguments
  process.currentDirectoryURL = SourceTree.root
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}
