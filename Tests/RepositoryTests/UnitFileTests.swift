import Foundation
import Testing

/// The systemd units are what systemd understands, and tight.
@Suite(.enabled(if: systemdAnalyze != nil, "needs systemd-analyze"))
struct UnitFileTests {
  static let daemons = ["encoder", "ood", "teacher", "inference", "judge"]

  @Test func `systemd finds nothing to complain about`() throws {
    let root = try stagedRoot()
    defer { try? FileManager.default.removeItem(at: root) }  // ignoring: a stray folder in /tmp
    let units = Self.daemons.flatMap { ["autodidact-\($0).socket", "autodidact-\($0).service"] }
    let others = ["autodidact.target", "autodidact-metrics.service", "autodidact-metrics.timer"]
    let (status, output) = try analyze(
      ["verify", "--root=\(root.path)", "--man=no"] + units + others)
    let ours = output.split(separator: "\n").filter { $0.contains("autodidact") }
    #expect(status == 0, "\(output)")
    #expect(ours == [])
  }

  @Test(arguments: daemons) func `the exposure is at most 1`(daemon: String) throws {
    let unit = SourceTree.root.appending(path: "systemd/autodidact-\(daemon).service").path
    let (status, output) = try analyze(["security", "--offline=true", "--threshold=10", unit])
    #expect(status == 0, "\(output.suffix(400))")
  }

  @Test(arguments: daemons) func `peers keep their identity and sockets their name`(
    daemon: String
  ) throws {
    let folder = SourceTree.root.appending(path: "systemd")
    let service = try String(
      contentsOf: folder.appending(path: "autodidact-\(daemon).service"), encoding: .utf8)
    let socket = try String(
      contentsOf: folder.appending(path: "autodidact-\(daemon).socket"), encoding: .utf8)
    #expect(!service.contains("PrivateUsers=yes"))
    #expect(service.contains("\nType=notify\n"))
    #expect(service.contains("\nRestartPreventExitStatus=70 78\n"))
    #expect(socket.contains("\nFileDescriptorName=\(daemon)\n"))
    #expect(socket.contains("\nListenStream=/run/autodidact/\(daemon).sock\n"))
  }

  @Test func `the services differ in names and sizes only`() throws {
    let texts = try Self.daemons.map { daemon in
      try String(
        contentsOf: SourceTree.root.appending(path: "systemd/autodidact-\(daemon).service"),
        encoding: .utf8
      ).split(separator: "\n").map { line in
        let own = ["Description=", "After=", "MemoryHigh=", "MemoryMax="]
        return own.first { line.hasPrefix($0) } ?? String(line).replacing(daemon, with: "NAME")
      }
    }
    for (daemon, text) in zip(Self.daemons, texts) { #expect(text == texts[0], "\(daemon)") }
  }

  @Test func `the pause after a failure grows, and a clean end makes it start anew`() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "autodidact-backoff-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }  // ignoring: a stray folder in /tmp
    // A sleep that says how long it would take.
    try Data("#!/bin/sh\necho $1\n".utf8).write(to: folder.appending(path: "sleep"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.appending(path: "sleep").path)
    func pause(_ result: String) throws -> String {
      let process = Process()
      let pipe = Pipe()
      process.executableURL = SourceTree.root.appending(path: "systemd/libexec/backoff")
      process.environment = [
        "PATH": "\(folder.path):/usr/bin:/bin", "RUNTIME_DIRECTORY": folder.path,
        "SERVICE_RESULT": result,
      ]
      process.standardOutput = pipe
      process.standardError = FileHandle.nullDevice
      try process.run()
      let output = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      return String(decoding: output, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
    for expected in ["0", "2", "4", "8", "16", "29", "29"] {
      #expect(try pause("watchdog") == expected)
    }
    #expect(try pause("success") == "")
    #expect(try pause("exit-code") == "0")
    // The last failure was long ago.
    try Data("1000 5\n".utf8).write(to: folder.appending(path: "failures"))
    #expect(try pause("signal") == "0")
  }

  /// A root folder with the units and the executables that they name.
  private func stagedRoot() throws -> URL {
    let files = FileManager.default
    let root = files.temporaryDirectory.appending(path: "autodidact-units-\(UUID().uuidString)")
    let units = root.appending(path: "etc/systemd/system")
    let binaries = root.appending(path: "usr/lib/autodidact")
    for folder in [units, binaries] {
      try files.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    let source = SourceTree.root.appending(path: "systemd")
    for name in try files.contentsOfDirectory(atPath: source.path) where name.hasPrefix("auto") {
      try files.copyItem(at: source.appending(path: name), to: units.appending(path: name))
    }
    // Units of the host that ours name by default.
    for name in ["sysinit", "shutdown", "sockets", "basic", "multi-user", "timers"] {
      try Data("[Unit]\n".utf8).write(to: units.appending(path: "\(name).target"))
    }
    let programs =
      (Self.daemons.map { "autodidact-\($0)" } + ["autodidact", "backoff", "textfile"])
      .map { binaries.appending(path: $0) }
    for program in programs {
      try Data().write(to: program)
      try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    }
    return root
  }

  private func analyze(_ arguments: [String]) throws -> (Int32, String) {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: systemdAnalyze ?? "/usr/bin/false")
    process.arguments = arguments
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}

private let systemdAnalyze = ["/usr/bin/systemd-analyze", "/bin/systemd-analyze"]
  .first { FileManager.default.isExecutableFile(atPath: $0) }
