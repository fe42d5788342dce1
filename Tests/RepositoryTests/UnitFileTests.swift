import Foundation
import Testing

/// The systemd units are what systemd understands, and tight.
@Suite(.enabled(if: systemdAnalyze != nil, "needs systemd-analyze"))
struct UnitFileTests {
  static let daemons = ["encoder", "ood", "teacher"]

  @Test func `systemd finds nothing to complain about`() throws {
    let root = try stagedRoot()
    defer { try? FileManager.default.removeItem(at: root) }  // ignoring: a stray folder in /tmp
    let units = Self.daemons.flatMap { ["autodidact-\($0).socket", "autodidact-\($0).service"] }
    let (status, output) = try analyze(
      ["verify", "--root=\(root.path)", "--man=no"] + units + ["autodidact.target"])
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

  /// A root folder with the units and the executables that they name.
  private func stagedRoot() throws -> URL {
    let files = FileManager.default
    let root = files.temporaryDirectory.appending(path: "autodidact-units-\(UUID().uuidString)")
    let units = root.appending(path: "etc/systemd/system")
    let binaries = root.appending(path: "usr/local/lib/autodidact")
    for folder in [units, binaries, root.appending(path: "bin")] {
      try files.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    let source = SourceTree.root.appending(path: "systemd")
    for name in try files.contentsOfDirectory(atPath: source.path) where name.hasPrefix("auto") {
      try files.copyItem(at: source.appending(path: name), to: units.appending(path: name))
    }
    // Units of the host that ours name by default.
    for name in ["sysinit", "shutdown", "sockets", "basic", "multi-user"] {
      try Data("[Unit]\n".utf8).write(to: units.appending(path: "\(name).target"))
    }
    let programs =
      Self.daemons.map { binaries.appending(path: "autodidact-\($0)") }
      + [root.appending(path: "bin/kill")]
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
