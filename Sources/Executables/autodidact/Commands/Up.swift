import ArgumentParser
import AutodidactClient
import Daemon
import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// Runs the daemons in the foreground, for a host without systemd.
struct Up: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "up", abstract: "Run the daemons in the foreground until interrupted.",
    discussion: "  autodidact up --only encoder ood")

  /// The daemons that this version has.
  static let available: [DaemonName] = [.encoder, .ood, .teacher, .inference, .judge]

  @Option(parsing: .upToNextOption, help: "Run only these daemons.") var only: [String] = []
  @Option(help: "Least severe level that the daemons log.") var logLevel: String?

  func validate() throws {
    for name in only where !Self.available.contains(where: { $0.rawValue == name }) {
      let known = Self.available.map { $0.rawValue }.joined(separator: ", ")
      throw ValidationError("there is no daemon \"\(name)\" to run (known: \(known))")
    }
  }

  func run() async throws {
    let chosen = Self.available.filter { only.isEmpty || only.contains($0.rawValue) }
    let host = DaemonHost.current
    let folder = try Self.ownFolder()
    var daemons: [any Service] = []
    for daemon in chosen {
      let socket = host.facts.paths.socketPath(of: daemon.rawValue)
      try Self.refuseServed(daemon, at: [socket, SocketLocator.current.path(of: daemon)])
      let executable = "\(folder)/\(daemon.executableName)"
      guard FileManager.default.isExecutableFile(atPath: executable) else {
        throw UpError.missingExecutable(executable)
      }
      var environment = host.environment
      // Those of a supervisor of this process are not for the children.
      for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_USEC", "WATCHDOG_PID"] {
        environment[name] = nil
      }
      let prefix = daemon.rawValue + String(repeating: " ", count: 10 - daemon.rawValue.count)
      daemons.append(
        SupervisedDaemon(
          name: daemon.rawValue, executable: executable,
          arguments: ["--socket", socket] + (logLevel.map { ["--log-level", $0] } ?? []),
          environment: environment, say: { Self.say("\(prefix)| \($0)") }))
    }
    var group = ServiceGroupConfiguration(
      services: daemons, gracefulShutdownSignals: [.sigint, .sigterm],
      logger: Logger(label: "autodidact.up") { _ in SwiftLogNoOpLogHandler() })
    group.maximumGracefulShutdownDuration = .seconds(40)
    try await ServiceGroup(configuration: group).run()
  }

  private static func refuseServed(_ daemon: DaemonName, at paths: [String]) throws {
    for path in paths {
      if let owner = SocketOwner.find(at: path) {
        throw UpError.alreadyServed(daemon: daemon.rawValue, path: path, owner: owner)
      }
    }
  }

  /// The folder of this executable, beside which the daemons are.
  private static func ownFolder() throws -> String {
    let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
  }

  private static func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    // ignoring: a closed standard error; the daemons go on.
    _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

/// Why the suite does not start.
enum UpError: Error, Equatable {
  /// A daemon is running already.
  case alreadyServed(daemon: String, path: String, owner: SocketOwner)
  /// A daemon's executable is not beside this one.
  case missingExecutable(String)
}

extension UpError: CustomStringConvertible {
  var description: String {
    switch self {
    case .alreadyServed(let daemon, let path, let owner):
      "\(daemon) is served already at \(path), by process \(owner.processID) of user "
        + "\(userName(of: owner.userID)); stop it first or leave it out with --only"
    case .missingExecutable(let path):
      "there is no \(path); the daemons are expected beside the autodidact command"
    }
  }
}
