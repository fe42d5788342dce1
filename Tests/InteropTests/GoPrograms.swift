import Foundation
import Testing

/// The client and server made with containerd's ttrpc, built once from `Go/`.
enum GoPrograms {
  private static let sources = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("Go")
  private static let library = "/usr/share/gocode"

  /// Whether the Go tool and Debian's copy of containerd's ttrpc are installed.
  static let isAvailable: Bool = {
    Programs.find("go") != nil
      && FileManager.default.fileExists(
        atPath: "\(library)/src/github.com/containerd/ttrpc/client.go")
  }()

  /// What to say when they are not.
  static let hint: Comment = "needs the packages golang-go and golang-github-containerd-ttrpc-dev"

  private static let folder: Result<URL, any Error> = Result {
    guard let go = Programs.find("go") else { throw Programs.Failure(description: hint.rawValue) }
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("ttrpc-go-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var environment = ["GO111MODULE": "off", "GOPATH": "\(folder.path):\(library)"]
    if ProcessInfo.processInfo.environment["HOME"] == nil {
      environment["GOCACHE"] = folder.appendingPathComponent("cache").path
    }
    for name in ["client", "server"] {
      let outcome = try Programs.runBlocking(
        go,
        [
          "build", "-o", folder.appendingPathComponent(name).path,
          sources.appendingPathComponent("\(name)/main.go").path,
        ], environment: environment)
      guard outcome.status == 0 else {
        throw Programs.Failure(description: "go build of \(name): \(outcome.errors)")
      }
    }
    return folder
  }

  /// Calls with the Go client and returns what it printed.
  static func call(_ arguments: String...) async throws -> String {
    let client = try folder.get().appendingPathComponent("client").path
    let outcome = try await Programs.run(client, arguments)
    guard outcome.status == 0 else {
      throw Programs.Failure(
        description: "Go client \(arguments): \(outcome.status) \(outcome.output) \(outcome.errors)"
      )
    }
    return outcome.output.trimmingCharacters(in: .newlines)
  }

  /// Starts the Go server on a socket; it stops when the returned value goes away.
  static func serve(_ path: String) throws -> GoServer {
    try GoServer(program: folder.get().appendingPathComponent("server"), path: path)
  }
}

/// A Go server that runs as long as this value lives.
final class GoServer {
  private let process = Process()
  private let input = Pipe()

  init(program: URL, path: String) throws {
    let output = Pipe()
    process.executableURL = program
    process.arguments = [path]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let line = output.fileHandleForReading.readData(ofLength: "listening\n".utf8.count)
    guard line == Data("listening\n".utf8) else {
      throw Programs.Failure(description: "the Go server did not start")
    }
  }

  deinit {
    stop()
  }

  /// Ends the process and waits for it.
  func stop() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }
}
