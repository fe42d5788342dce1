package import Logging

/// The settings that all daemons share, validated.
package struct DaemonConfiguration: Sendable {
  /// The kernels that the daemon may use.
  package enum KernelPath: String, CaseIterable, Sendable {
    /// The fastest that the processor has.
    case auto
    /// Portable C.
    case portable
    /// AVX2 with FMA.
    case avx2
    /// AVX-512 with VNNI and BF16.
    case avx512
  }

  /// Where logs go.
  package enum LogFormat: String, CaseIterable, Sendable {
    /// To the journal when systemd started the daemon, else as text.
    case auto
    /// To the journal with fields.
    case journal
    /// As lines of text to standard error.
    case text
  }

  /// What peers may use at most.
  package struct Limits: Sendable, Equatable {
    /// The most bytes of one request.
    package var requestBytes = 4_194_304
    /// The most connections that are open at once: a thousand of one peer leave as many to others.
    package var connectionCount = 2048
    /// The most calls that one connection runs at once.
    package var connectionCallCount = 256
    /// The most calls that the daemon runs at once.
    package var callCount = 1024
  }

  /// The daemon's name: encoder, ood, teacher, inference or judge.
  package let daemon: String
  /// The socket to listen on when systemd passes none.
  package let socketPath: String
  /// The folder of the daemon's state.
  package let stateDirectory: String
  /// The folder of the models.
  package let modelsDirectory: String
  /// The number of compute threads.
  package let threadCount: Int
  /// The kernels to use.
  package let kernelPath: KernelPath
  /// Who may call.
  package let access: AccessPolicy.Rules
  /// What peers may use at most.
  package let limits: Limits
  /// The time that running calls have to finish during a drain.
  package let drain: Duration
  /// The least severe level that is logged.
  package let logLevel: Logger.Level
  /// Where logs go.
  package let logFormat: LogFormat
  /// Whether the daemon answers systemd's watchdog.
  package let isWatchdogEnabled: Bool
}

extension DaemonConfiguration {
  /// Reads the shared settings.
  ///
  /// - Parameters:
  ///   - daemon: the daemon's name.
  ///   - reader: the sources, whose keys contain ``ConfigurationKey/shared``.
  ///   - host: what the host tells: default paths, processors and accounts.
  /// - Throws: the first value that is of the wrong type or outside its range.
  package init(
    daemon: String, reader: ConfigurationReader, host: HostFacts
  ) throws(ConfigurationError) {
    self.daemon = daemon
    let runtime = try reader.text(.runtimeDirectory) ?? host.paths.runtimeDirectory
    socketPath = try reader.text(.socketPath) ?? "\(runtime)/\(daemon).sock"
    guard socketPath.utf8.count <= Self.socketPathBytesMax else {
      throw .invalidValue(
        name: ConfigurationKey.socketPath.name, value: socketPath,
        expected: "a path of at most \(Self.socketPathBytesMax) bytes", source: .fallback)
    }
    stateDirectory =
      try reader.text(.stateDirectory).map { "\($0)/\(daemon)" }
      ?? host.paths.stateDirectory(of: daemon)
    modelsDirectory = try reader.text(.modelsDirectory) ?? host.paths.modelsDirectory
    threadCount = try reader.integer(.threadCount, in: 1...1024) ?? host.processorCount
    kernelPath = try reader.choice(.kernelPath, of: KernelPath.self) ?? .auto
    access = try AccessPolicy.Rules(
      users: Self.accounts(.allowedUsers, kind: "user", reader, host.userID),
      groups: Self.accounts(.allowedGroups, kind: "group", reader, host.groupID))

    var limits = Limits()
    limits.requestBytes =
      try reader.integer(.requestBytes, in: 1024...4_194_304) ?? limits.requestBytes
    limits.connectionCount =
      try reader.integer(.connectionCount, in: 1...65_536) ?? limits.connectionCount
    limits.connectionCallCount =
      try reader.integer(.connectionCallCount, in: 1...65_536) ?? limits.connectionCallCount
    limits.callCount = try reader.integer(.callCount, in: 1...65_536) ?? limits.callCount
    self.limits = limits

    drain = .seconds(try reader.number(.drainSeconds, in: 0...3600) ?? 25)
    logLevel = try reader.choice(.logLevel, of: Logger.Level.self) ?? .info
    logFormat = try reader.choice(.logFormat, of: LogFormat.self) ?? .auto
    isWatchdogEnabled = try reader.truth(.watchdogEnabled) ?? true
  }

  /// The longest path that fits into a socket address (`sun_path` without its end).
  package static let socketPathBytesMax = 107

  /// Returns the numbers of the named accounts, or nil if the key is not set.
  private static func accounts(
    _ key: ConfigurationKey, kind: String, _ reader: ConfigurationReader,
    _ resolve: (String) -> UInt32?
  ) throws(ConfigurationError) -> Set<UInt32>? {
    guard let (names, source) = try reader.listWithSource(key) else { return nil }
    var numbers: Set<UInt32> = []
    for name in names {
      guard let number = UInt32(name) ?? resolve(name) else {
        throw .unknownAccount(name: name, kind: kind, source: source)
      }
      numbers.insert(number)
    }
    return numbers
  }
}

/// What the host tells a daemon about itself: default paths, processors and accounts.
package struct HostFacts: Sendable {
  /// Default paths.
  package let paths: HostPaths
  /// The processors that this process may use.
  package let processorCount: Int
  /// Returns the number of a user.
  package let userID: @Sendable (String) -> UInt32?
  /// Returns the number of a group.
  package let groupID: @Sendable (String) -> UInt32?

  /// Creates the facts.
  package init(
    paths: HostPaths, processorCount: Int, userID: @escaping @Sendable (String) -> UInt32?,
    groupID: @escaping @Sendable (String) -> UInt32?
  ) {
    self.paths = paths
    self.processorCount = processorCount
    self.userID = userID
    self.groupID = groupID
  }
}
