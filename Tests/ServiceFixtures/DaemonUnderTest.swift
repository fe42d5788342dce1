package import AutodidactClient
import Foundation
package import TestSupport

/// A process of a daemon, with one thread and its state in a folder of the test.
///
/// Safety of `@unchecked Sendable`: the process is set up in `init`; signals may be sent from
/// anywhere.
package final class DaemonUnderTest: @unchecked Sendable {
  private let process = Process()
  private let sockets: TemporaryFolder
  /// The daemon's socket.
  package let socket: String

  /// What can go wrong with a daemon under test.
  package enum Failure: Error {
    /// It ended before it served.
    case notServing(String)
  }

  /// Starts the daemon and returns when it serves.
  package init(_ daemon: DaemonName, state: TemporaryFolder) throws {
    sockets = try TemporaryFolder()
    socket = sockets.file("\(daemon.rawValue).sock")
    let log = Pipe()
    // The program is beside the test bundle.
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: daemon.executableName)
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

  /// Ends the process at once.
  package func kill() {
    guard process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Asks the process to end.
  package func terminate() { process.terminate() }

  /// Waits for the end of the process and returns its status.
  package func exitStatus() -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }
}
