package import ArgumentParser

/// The command line that all daemons share.
package struct DaemonOptions: ParsableArguments {
  @Option(help: "Configuration file to read instead of /etc/autodidact/<daemon>.json.")
  /// The configuration file to read.
  package var config: String?

  @Option(help: "Unix socket to listen on (socket.path); a socket of systemd comes first.")
  /// The socket to listen on.
  package var socket: String?

  @Option(help: "Folder under which each daemon keeps its state (state.dir).")
  /// The folder of the daemons' state.
  package var stateDir: String?

  @Option(help: "Folder of the models (models.dir).")
  /// The folder of the models.
  package var modelsDir: String?

  @Option(help: "Compute threads (threads.count).")
  /// The number of compute threads.
  package var threads: Int?

  @Option(help: "Least severe level that is logged (log.level).")
  /// The least severe level that is logged.
  package var logLevel: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Set any configuration key; may be repeated. Overrules file and environment.",
      valueName: "key=value"))
  /// Assignments of any key.
  package var assignments: [String] = []

  @Flag(name: .customLong("print-config"), help: "Print the effective configuration and exit.")
  /// Whether to print the configuration and exit.
  package var printsConfiguration = false

  /// Creates options without any given.
  package init() {}

  /// Returns what the command line sets, by the name of the key.
  package func settings() throws(ConfigurationError) -> [String: String] {
    var settings: [String: String] = [:]
    for assignment in assignments {
      guard let sign = assignment.firstIndex(of: "="), sign != assignment.startIndex else {
        throw .invalidAssignment(assignment)
      }
      settings[String(assignment[..<sign])] = String(assignment[assignment.index(after: sign)...])
    }
    let named: [(ConfigurationKey, String?)] = [
      (.socketPath, socket), (.stateDirectory, stateDir), (.modelsDirectory, modelsDir),
      (.threadCount, threads.map { "\($0)" }), (.logLevel, logLevel),
    ]
    for (key, value) in named {
      if let value { settings[key.name] = value }
    }
    return settings
  }
}
