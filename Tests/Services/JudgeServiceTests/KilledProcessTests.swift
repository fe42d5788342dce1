import AutodidactClient
import Foundation
import Messages
import TestSupport
import Testing

/// The daemon as a process of its own, killed and started again.
@Suite(.timeLimit(.minutes(3))) struct KilledProcessTests {
  @Test func `a daemon that is killed keeps every score that a caller was told`() async throws {
    let state = try TemporaryFolder()
    var told: [String: ItemScore] = [:]
    for round in 0..<6 {
      let daemon = try DaemonUnderTest(state: state)
      let channel = ServiceChannel(socketPath: daemon.socket, daemon: .judge)
      let judge = JudgeClient(channel: channel)
      try await judge.fit("l", .length(LengthParameters()))
      let call = try await judge.scoreItemsStream()
      do {
        var received = 0
        for batch in 0..<40 {
          try await call.send(
            ScoreItemsRequest(
              judge: "l", runID: "r", sequence: UInt64(batch),
              items: labelledItems(20, seed: UInt64(batch), prefix: "b\(batch)")))
        }
        try await call.finish()
        for try await response in call.responses {
          for score in response.scores {
            var score = score
            score.existed = false
            let known = told[score.itemID]
            #expect(known == nil || known == score, "\(score.itemID)")
            told[score.itemID] = score
          }
          received += 1
          if received == 3 + 5 * round { daemon.kill() }
        }
      } catch {
        // The process is gone: that is the point.
      }
      daemon.kill()
      await channel.close()
    }
    let daemon = try DaemonUnderTest(state: state)
    defer { daemon.kill() }
    let channel = ServiceChannel(socketPath: daemon.socket, daemon: .judge)
    let judge = JudgeClient(channel: channel)
    for score in told.values {
      let found = try await judge.explainScore(ExplainScoreRequest(scoreID: score.scoreID))
      #expect(found.score == score)
    }
    let run = try await judge.listScoreRuns(ListScoreRunsRequest()).runs[0]
    #expect(Int(run.scoredCount) >= told.count && told.count >= 60)
    #expect(try await judge.replay("r").summary.differenceCount == 0)
    await channel.close()
  }
}

/// A process of `autodidact-judge`.
///
/// Safety of `@unchecked Sendable`: the process is set up in `init`; signals may be sent from
/// anywhere.
private final class DaemonUnderTest: @unchecked Sendable {
  private let process = Process()
  private let folder: TemporaryFolder
  let socket: String

  /// What can go wrong with a daemon under test.
  enum Failure: Error {
    /// It ended before it served.
    case notServing(String)
  }

  /// Starts the daemon and returns when it serves.
  init(state: TemporaryFolder) throws {
    folder = try TemporaryFolder()
    socket = folder.file("judge.sock")
    let log = Pipe()
    process.executableURL = Self.program
    process.arguments = ["--socket", socket, "--state-dir", state.path, "--threads", "1"]
    process.standardError = log
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.contains("services=autodidact") {
      let bytes = log.fileHandleForReading.availableData
      guard !bytes.isEmpty else { throw Failure.notServing(text) }
      text += String(decoding: bytes, as: UTF8.self)
    }
    // Nobody reads the log from here on; it must not fill the pipe.
    log.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
  }

  func kill() {
    guard process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// The program beside the test bundle.
  private static let program: URL = {
    let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    return bundle.appending(path: "autodidact-judge")
  }()
}
