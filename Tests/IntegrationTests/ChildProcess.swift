import Foundation
import TestSupport

/// An executable of this package that runs as a process of its own.
final class ChildProcess {
  private let process = Process()
  private let lines: AsyncStream<String>
  private let ended: AsyncStream<Void>
  private let output: URL

  /// The folder that this package was built into.
  static let buildFolder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()

  /// Whether the executables are built beside the tests.
  static let isAvailable = areBuilt([
    "autodidact", "autodidact-encoder", "autodidact-ood", "autodidact-teacher",
  ])

  /// Whether all of these executables are built beside the tests.
  static func areBuilt(_ names: [String]) -> Bool {
    names.allSatisfy { FileManager.default.isExecutableFile(atPath: buildFolder.path() + $0) }
  }

  /// Starts `name` with `arguments`; variables are added to those of this process.
  init(
    _ name: String, _ arguments: [String], environment: [String: String], folder: TemporaryFolder
  ) throws {
    process.executableURL = Self.buildFolder.appending(path: name)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    output = URL(filePath: folder.file("stdout-\(UUID().uuidString)"))
    try Data().write(to: output)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    let pipe = Pipe()
    process.standardError = pipe
    let (lines, line) = AsyncStream.makeStream(of: String.self)
    let (ended, end) = AsyncStream.makeStream(of: Void.self)
    self.lines = lines
    self.ended = ended
    let splitter = StderrLines(line)
    pipe.fileHandleForReading.readabilityHandler = { splitter.receive($0) }
    process.terminationHandler = { _ in end.finish() }
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  /// Reads the standard error up to the first line that holds `text`; returns all lines read.
  func line(containing text: String) async -> [String] {
    var read: [String] = []
    for await line in lines {
      read.append(line)
      if line.contains(text) { break }
    }
    return read
  }

  /// Ends the process at once, as the out-of-memory killer does.
  func killNow() async {
    kill(process.processIdentifier, SIGKILL)
    for await _ in ended {}
  }

  /// Sends a signal.
  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for the end of the process; what it wrote and its exit code.
  func result() async throws -> (code: Int32, output: String, errors: [String]) {
    for await _ in ended {}
    var errors: [String] = []
    for await line in lines { errors.append(line) }
    return (
      process.terminationStatus, try String(contentsOf: output, encoding: .utf8), errors
    )
  }
}

/// Cuts what a pipe delivers into lines.
///
/// Safety of `@unchecked Sendable`: the handler of a file handle runs on one serial queue.
private final class StderrLines: @unchecked Sendable {
  private var rest = Data()
  private let line: AsyncStream<String>.Continuation

  init(_ line: AsyncStream<String>.Continuation) { self.line = line }

  func receive(_ handle: FileHandle) {
    let data = handle.availableData
    guard !data.isEmpty else {
      handle.readabilityHandler = nil
      line.finish()
      return
    }
    rest += data
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      line.yield(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
      rest = Data(rest[rest.index(after: end)...])
    }
  }
}
