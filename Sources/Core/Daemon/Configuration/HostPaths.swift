/// Where the suite's files are on this host, as told by the environment.
///
/// For each folder the first that is there:
/// - sockets: `AUTODIDACT_RUNTIME_DIR`; `/run/autodidact` for a system service;
///   `$XDG_RUNTIME_DIR/autodidact`; `/tmp/autodidact-<uid>`
/// - state of a daemon: `AUTODIDACT_STATE_DIR/<daemon>`; `STATE_DIRECTORY`;
///   `$XDG_STATE_HOME/autodidact/<daemon>`; `~/.local/state/autodidact/<daemon>`
/// - models: `AUTODIDACT_MODELS_DIR`; `/var/lib/autodidact/models` if it exists;
///   `$XDG_DATA_HOME/autodidact/models`; `~/.local/share/autodidact/models`
package struct HostPaths: Sendable {
  /// The folder of the sockets.
  package let runtimeDirectory: String

  /// The folder of the models.
  package let modelsDirectory: String

  private let stateDirectory: @Sendable (String) -> String

  /// Creates the paths for one environment.
  ///
  /// - Parameters:
  ///   - environment: the variables of the process.
  ///   - userID: the effective user.
  ///   - processID: the process, which tells whether systemd started it (`SYSTEMD_EXEC_PID`).
  ///   - directoryExists: whether a folder is there.
  package init(
    environment: [String: String], userID: UInt32, processID: Int32,
    directoryExists: (String) -> Bool
  ) {
    let set = { (name: String) -> String? in
      guard let value = environment[name], !value.isEmpty else { return nil }
      return value
    }
    let home = set("HOME") ?? "/tmp"
    let userRuntime = set("XDG_RUNTIME_DIR")
    let isSystemService = set("SYSTEMD_EXEC_PID") == "\(processID)" && userRuntime == nil
    runtimeDirectory =
      set("AUTODIDACT_RUNTIME_DIR")
      ?? (isSystemService ? Self.systemRuntimeDirectory : nil)
      ?? userRuntime.map { "\($0)/autodidact" }
      ?? "/tmp/autodidact-\(userID)"
    modelsDirectory =
      set("AUTODIDACT_MODELS_DIR")
      ?? (directoryExists(Self.systemModelsDirectory) ? Self.systemModelsDirectory : nil)
      ?? "\(set("XDG_DATA_HOME") ?? "\(home)/.local/share")/autodidact/models"
    let ownState = set("AUTODIDACT_STATE_DIR")
    // systemd lists several folders with colons; a daemon of this suite has one.
    let serviceState = set("STATE_DIRECTORY").map { String($0.prefix { $0 != ":" }) }
    let userState = set("XDG_STATE_HOME") ?? "\(home)/.local/state"
    stateDirectory = { daemon in
      ownState.map { "\($0)/\(daemon)" } ?? serviceState ?? "\(userState)/autodidact/\(daemon)"
    }
  }

  /// The folder of the sockets that systemd's units make.
  package static let systemRuntimeDirectory = "/run/autodidact"

  /// The folder of the models of the whole host.
  package static let systemModelsDirectory = "/var/lib/autodidact/models"

  /// Returns the path of a daemon's socket.
  package func socketPath(of daemon: String) -> String { "\(runtimeDirectory)/\(daemon).sock" }

  /// Returns the folder in which a daemon keeps its state.
  package func stateDirectory(of daemon: String) -> String { stateDirectory(daemon) }

  /// Returns the path of a daemon's configuration file.
  package static func configurationFile(of daemon: String) -> String {
    "/etc/autodidact/\(daemon).json"
  }
}
