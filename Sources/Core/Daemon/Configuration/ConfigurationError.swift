/// What is wrong with a daemon's configuration.
package enum ConfigurationError: Error, Equatable {
  /// A key in a file or on the command line that no part of the daemon knows.
  case unknownKey(name: String, source: ConfigurationSource, nearest: String?)

  /// A value of the wrong type or outside its range.
  case invalidValue(name: String, value: String, expected: String, source: ConfigurationSource)

  /// A configuration file that was asked for and is not there.
  case missingFile(path: String)

  /// A configuration file that cannot be read.
  case unreadableFile(path: String, reason: String)

  /// A file that is not a JSON object.
  case invalidFile(path: String, reason: String)

  /// A `--set` argument that is not `key=value`.
  case invalidAssignment(String)

  /// A user or group that this host does not have.
  case unknownAccount(name: String, kind: String, source: ConfigurationSource)

  /// The exit code for wrong configuration (`EX_CONFIG`), after which systemd does not restart.
  package static let exitCode: Int32 = 78
}

/// Where a configuration value came from.
package enum ConfigurationSource: Sendable, Equatable {
  /// Nobody set the key.
  case fallback

  /// The configuration file at this path.
  case file(String)

  /// The environment variable of this name.
  case environment(String)

  /// The command line.
  case flag
}

extension ConfigurationSource: CustomStringConvertible {
  package var description: String {
    switch self {
    case .fallback: "default"
    case .file(let path): "file \(path)"
    case .environment(let name): "environment variable \(name)"
    case .flag: "command line"
    }
  }
}

extension ConfigurationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownKey(let name, let source, let nearest):
      let hint = nearest.map { "; did you mean \"\($0)\"?" } ?? ""
      return "unknown configuration key \"\(name)\" (\(source))\(hint)"
    case .invalidValue(let name, let value, let expected, let source):
      return "\"\(name)\" is \"\(value)\" (\(source)); expected \(expected)"
    case .missingFile(let path):
      return "there is no configuration file at \(path)"
    case .unreadableFile(let path, let reason):
      return "the configuration file \(path) cannot be read: \(reason)"
    case .invalidFile(let path, let reason):
      return "the configuration file \(path) is not a JSON object: \(reason)"
    case .invalidAssignment(let text):
      return "\"\(text)\" is not of the form key=value"
    case .unknownAccount(let name, let kind, let source):
      return "there is no \(kind) \"\(name)\" on this host (\(source))"
    }
  }
}
