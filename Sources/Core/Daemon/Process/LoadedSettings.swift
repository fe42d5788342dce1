private import Logging

/// The configuration of one daemon as read from its sources.
struct LoadedSettings: Sendable {
  let configuration: DaemonConfiguration
  let reader: ConfigurationReader
  let keys: [ConfigurationKey]

  /// Reads file, environment and command line.
  static func load(
    daemon: String, options: DaemonOptions, keys: [ConfigurationKey], host: DaemonHost
  ) async throws(ConfigurationError) -> LoadedSettings {
    let all = ConfigurationKey.shared + keys
    let file = try await ConfigurationFile.read(
      path: options.config ?? HostPaths.configurationFile(of: daemon),
      isRequired: options.config != nil)
    let reader = try ConfigurationReader(
      keys: all, file: file, environment: host.environment, flags: options.settings())
    let configuration = try DaemonConfiguration(
      daemon: daemon, reader: reader, host: host.facts)
    return LoadedSettings(configuration: configuration, reader: reader, keys: all)
  }

  /// All settings with the values that hold; defaults are resolved for this host.
  var effective: [EffectiveSetting] {
    reader.settings.map { setting in
      guard let resolved = configuration.resolved[setting.name] else { return setting }
      return EffectiveSetting(name: setting.name, value: resolved, source: setting.source)
    }
  }
}

extension DaemonConfiguration {
  /// The values of the shared keys that depend on the host, by name.
  var resolved: [String: String] {
    var values: [ConfigurationKey: String] = [
      .socketPath: socketPath, .stateDirectory: stateDirectory,
      .modelsDirectory: modelsDirectory, .threadCount: "\(threadCount)",
      .kernelPath: kernelPath.rawValue, .logLevel: logLevel.rawValue,
      .logFormat: logFormat.rawValue, .watchdogEnabled: "\(isWatchdogEnabled)",
    ]
    values[.allowedUsers] = access.users.map { Self.sortedText($0) }
    values[.allowedGroups] = access.groups.map { Self.sortedText($0) }
    return Dictionary(uniqueKeysWithValues: values.map { ($0.key.name, $0.value) })
  }

  private static func sortedText(_ numbers: Set<UInt32>) -> String {
    numbers.sorted().map { "\($0)" }.joined(separator: ",")
  }
}
