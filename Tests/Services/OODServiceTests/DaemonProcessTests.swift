import AutodidactClient
import Foundation
import Messages
import TTRPC
import TestSupport
import Testing

/// The executable as a process of its own, killed without warning.
@Suite(
  .timeLimit(.minutes(5)),
  .enabled(if: DaemonBinary.file != nil, "autodidact-ood is not built"))
struct DaemonProcessTests {
  /// A running daemon that is killed when the value ends.
  final class Daemon {
    let process = Process()

    init(_ executable: URL, folder: String, extra: [String] = []) throws {
      process.executableURL = executable
      process.arguments = ["--socket", "\(folder)/ood.sock", "--state-dir", folder] + extra
      process.environment = ["PATH": "/usr/bin", "HOME": folder]
      process.standardError = FileHandle.nullDevice
      try process.run()
    }

    func kill() {
      Foundation.kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }

    deinit { if process.isRunning { kill() } }
  }

  static func client(_ folder: String) -> Autodidact {
    Autodidact(
      locator: SocketLocator(environment: ["AUTODIDACT_RUNTIME_DIR": folder], userID: 0) { _ in
        true
      })
  }

  /// The first answer to `call`, asked for until the daemon listens.
  static func whenReady<Answer>(
    _ call: () async throws -> Answer
  ) async throws -> Answer {
    let deadline = ContinuousClock.now + .seconds(120)
    while true {
      do {
        return try await call()
      } catch let error as CallError where error.code == .unavailable {
        guard ContinuousClock.now < deadline else { throw error }
        await Task.yield()
      }
    }
  }

  @Test func `what was acknowledged survives a kill`() async throws {
    let executable = try #require(DaemonBinary.file)
    let folder = try TemporaryFolder()
    var stored: [Detector] = []
    for round in 0..<3 {
      let daemon = try Daemon(executable, folder: folder.path)
      let suite = Self.client(folder.path)
      let listed = try await Self.whenReady {
        try await suite.ood.listDetectors(ListDetectorsRequest())
      }
      #expect(listed.detectors == stored)
      stored.append(try await suite.ood.fit("d\(round)", seed: UInt64(round)))
      // One more fit is under way when the process ends.
      let unfinished = try await suite.ood.fit()
      try await unfinished.send(
        FitDetectorRequest(part: .header(FitDetectorHeader(name: "d0"))))
      daemon.kill()
      await suite.close()
    }
    let daemon = try Daemon(executable, folder: folder.path)
    let suite = Self.client(folder.path)
    var sample = Sample(seed: 5)
    let features = sample.known(4).features
    let scores = try await Self.whenReady {
      try await suite.ood.score(ScoreRequest(detector: "d2", features: features))
    }
    #expect(scores.detectorDigest == stored[2].digest && scores.scores.count == 4)
    await suite.close()
    daemon.kill()
  }
}

/// Where the build put the daemon.
enum DaemonBinary {
  /// The daemon beside the test bundle.
  static let file: URL? = {
    guard let bundle = CommandLine.arguments.first(where: { $0.hasSuffix(".xctest") }) else {
      return nil
    }
    let file = URL(filePath: bundle).deletingLastPathComponent().appending(path: "autodidact-ood")
    return FileManager.default.isExecutableFile(atPath: file.path()) ? file : nil
  }()
}
