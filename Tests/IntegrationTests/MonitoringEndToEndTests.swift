import Foundation
import TestSupport
import Testing

/// What monitoring systems read: from the real daemons, and by Prometheus' own checker.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct MonitoringEndToEndTests {
  @Test(
    .enabled(if: ChildProcess.areBuilt(["autodidact"]), "needs the executables of the package"))
  func `wrong usage is UNKNOWN to Nagios, with the reason on the standard output`() async throws {
    let folder = try TemporaryFolder()
    let check = try ChildProcess(
      "autodidact", ["health", "moon", "--format", "nagios"], environment: [:], folder: folder)
    let (code, output, _) = try await check.result()
    #expect(code == 3)
    #expect(output.hasPrefix("AUTODIDACT UNKNOWN - there is no daemon \"moon\""), "\(output)")
  }

  @Test(
    .enabled(if: Promtool.isAvailable, "\(Promtool.reason)"),
    .enabled(if: SharedModels.hasMiniLM, "\(SharedModels.reason)"),
    .enabled(if: SharedModels.hasSmolLM2, "\(SharedModels.smolLM2Reason)"),
    .enabled(
      if: ChildProcess.isAvailable
        && ChildProcess.areBuilt(["autodidact-inference", "autodidact-judge"]),
      "needs the executables of the package"))
  func `promtool accepts the metrics of all five daemons`() async throws {
    let names = ["encoder", "ood", "teacher", "inference", "judge"]
    let daemons = try await RunningDaemons(names)
    let (code, output, errors) = try await daemons.autodidact("health", "--format", "prometheus")
    #expect(code == 0, "\(errors)")
    for name in names { #expect(output.contains("\nautodidact_\(name)_"), "\(name)") }
    let check = try Promtool.run(["check", "metrics"], input: output, folder: daemons.folder)
    #expect(check.code == 0 && check.output == "", "\(check.output)")
  }

  @Test(
    .enabled(if: Promtool.isAvailable, "\(Promtool.reason)"),
    arguments: [["check", "rules", "alerts.yml"], ["test", "rules", "alerts-test.yml"]])
  func `promtool accepts the alert rules, and they fire when they should`(
    arguments: [String]
  ) throws {
    let check = try Promtool.run(arguments, input: "", folder: try TemporaryFolder())
    #expect(check.code == 0, "\(check.output)")
  }
}

/// Prometheus' checker, which `ops/test` gets from Debian's package prometheus.
private enum Promtool {
  private static let path =
    ProcessInfo.processInfo.environment["AUTODIDACT_PROMTOOL"] ?? "/usr/bin/promtool"

  static let isAvailable = FileManager.default.isExecutableFile(atPath: path)
  static let reason = "needs promtool, of Debian's package prometheus (AUTODIDACT_PROMTOOL)"

  /// Runs it among the files of `ops/monitoring`.
  static func run(
    _ arguments: [String], input: String, folder: TemporaryFolder
  ) throws -> (code: Int32, output: String) {
    let result = try FinishedProgram(path, arguments) { process in
      process.currentDirectoryURL =
        URL(filePath: #filePath)
        .appending(path: "../../../ops/monitoring").standardizedFileURL
      process.standardInput = try FileHandle(
        forReadingFrom: URL(filePath: try folder.write("input", Array(input.utf8))))
    }
    return (result.code, result.output)
  }
}
