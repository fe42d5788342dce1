import Foundation
import Glibc
import Synchronization

/// A daemon that runs as a child, with its output line by line.
final class ChildProcess: Sendable {
  private let processID: Int32
  private let exit: AsyncStream<Int32>

  /// Starts a program and calls `onLine` with each line that it prints.
  init(
    executable: String, arguments: [String], environment: [String: String],
    onLine: @escaping @Sendable (String) -> Void
  ) throws {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: executable)
    process.arguments = arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = pipe
    process.standardError = pipe
    let rest = LineBuffer(onLine: onLine)
    pipe.fileHandleForReading.readabilityHandler = { handle in
      let data = handle.availableData
      if data.isEmpty { handle.readabilityHandler = nil }
      rest.append(Array(data))
    }
    let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
    exit = stream
    process.terminationHandler = { process in
      // A signal counts as 128 and its number, as shells do it.
      let isSignal = process.terminationReason == .uncaughtSignal
      continuation.yield((isSignal ? 128 : 0) + process.terminationStatus)
      continuation.finish()
    }
    try Self.withSignalsUnblocked { try process.run() }
    processID = process.processIdentifier
  }

  /// Runs `body` with no signal blocked in this thread.
  ///
  /// A child inherits the mask of the thread that starts it, and the threads of the concurrency
  /// pool block nearly all signals: a child could not be stopped before it sets its own mask.
  private static func withSignalsUnblocked(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  /// Sends a signal.
  func signal(_ number: Int32) { _ = kill(processID, number) }

  /// Returns the exit code once the child has ended.
  func exitCode() async -> Int32 {
    for await code in exit { return code }
    return -1
  }
}

/// Cuts output into lines.
final class LineBuffer: Sendable {
  private let pending = Mutex<[UInt8]>([])
  private let onLine: @Sendable (String) -> Void

  init(onLine: @escaping @Sendable (String) -> Void) { self.onLine = onLine }

  /// Adds output; no output means the end.
  func append(_ bytes: [UInt8]) {
    let lines = pending.withLock { pending -> [[UInt8]] in
      pending += bytes
      var lines = pending.split(
        separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false
      ).map { Array($0) }
      pending = bytes.isEmpty ? [] : lines.removeLast()
      return lines
    }
    for line in lines where !line.isEmpty { onLine(String(decoding: line, as: UTF8.self)) }
  }
}
