/// One setting of a daemon: its name, what it means and what holds when nobody sets it.
package struct ConfigurationKey: Sendable, Hashable {
  /// The name with dots between its levels, for example `limits.requestBytes`.
  package let name: String

  /// One sentence that says what the setting does, with its range.
  package let summary: String

  /// The value that holds when nobody sets the key, in words.
  package let fallback: String

  /// Creates a key from its name, meaning and default.
  package init(_ name: String, _ summary: String, fallback: String) {
    self.name = name
    self.summary = summary
    self.fallback = fallback
  }

  /// The environment variable that sets this key, for example `AUTODIDACT_LIMITS_REQUEST_BYTES`.
  package var environmentName: String {
    var text = "AUTODIDACT_"
    var previousIsLowercase = false
    for character in name {
      if character.isUppercase, previousIsLowercase { text.append("_") }
      previousIsLowercase = character.isLowercase
      text.append(character.isLetter || character.isNumber ? character.uppercased() : "_")
    }
    return text
  }
}

extension ConfigurationKey {
  /// The keys that every daemon understands, in the order in which they are documented.
  package static let shared: [ConfigurationKey] = [
    socketPath, runtimeDirectory, stateDirectory, modelsDirectory, threadCount, kernelPath,
    allowedUsers, allowedGroups, requestBytes, connectionCount, connectionCallCount, callCount,
    drainSeconds, logLevel, logFormat, watchdogEnabled,
  ]

  static let socketPath = ConfigurationKey(
    "socket.path", "Unix socket to listen on when systemd passes none.",
    fallback: "<runtime.dir>/<daemon>.sock")
  static let runtimeDirectory = ConfigurationKey(
    "runtime.dir", "Folder of the suite's sockets.",
    fallback: "/run/autodidact under systemd, else $XDG_RUNTIME_DIR/autodidact")
  static let stateDirectory = ConfigurationKey(
    "state.dir", "Folder under which each daemon keeps its state in a folder of its own.",
    fallback: "$STATE_DIRECTORY, else $XDG_STATE_HOME/autodidact")
  static let modelsDirectory = ConfigurationKey(
    "models.dir", "Folder of the models.",
    fallback: "/var/lib/autodidact/models if it exists, else $XDG_DATA_HOME/autodidact/models")
  static let threadCount = ConfigurationKey(
    "threads.count", "Compute threads of the daemon, 1 to 1024; the suite shares one host.",
    fallback: "the processors that this process may use")
  static let kernelPath = ConfigurationKey(
    "kernel.path", "Own kernels to use: auto, portable, avx2 or avx512.",
    fallback: "auto")
  static let allowedUsers = ConfigurationKey(
    "access.users", "Users that may call, by name or number.",
    fallback: "root and the daemon's own user")
  static let allowedGroups = ConfigurationKey(
    "access.groups", "Groups whose members may call, by name or number.",
    fallback: "the group of the socket")
  static let requestBytes = ConfigurationKey(
    "limits.requestBytes", "Largest request that is read, 1024 to 4194304 bytes.",
    fallback: "4194304")
  static let connectionCount = ConfigurationKey(
    "limits.connectionCount", "Connections that are open at once, 1 to 65536.",
    fallback: "2048")
  static let connectionCallCount = ConfigurationKey(
    "limits.connectionCallCount", "Calls that one connection runs at once, 1 to 65536.",
    fallback: "256")
  static let callCount = ConfigurationKey(
    "limits.callCount", "Calls that the daemon runs at once, 1 to 65536.",
    fallback: "1024")
  static let drainSeconds = ConfigurationKey(
    "drain.seconds", "Time that running calls have to finish after SIGTERM, 0 to 3600 seconds.",
    fallback: "25")
  static let logLevel = ConfigurationKey(
    "log.level", "Least severe level that is logged: trace, debug, info, notice, warning, error.",
    fallback: "info")
  static let logFormat = ConfigurationKey(
    "log.format", "Where logs go: auto, journal or text.",
    fallback: "auto: journal when systemd started the daemon, else text")
  static let watchdogEnabled = ConfigurationKey(
    "watchdog.enabled", "Whether the daemon answers systemd's watchdog.",
    fallback: "true when systemd asks for it")
}
