package import Daemon

/// What the service may use, besides what every daemon has.
package struct OODServiceConfiguration: Sendable {
  /// The most bytes that features in flight and loaded detectors take together.
  package var memoryBytesMax = 2 << 30
  /// The most rows of one evaluation, whose scores are kept until its end.
  package var evaluationRowsMax = 10_000_000

  /// Creates the defaults.
  package init() {}

  static let memoryBytes = ConfigurationKey(
    "memory.bytes",
    "Memory that features in flight and loaded detectors take together, 1048576 bytes to 1 TiB.",
    fallback: "2147483648")

  /// The service's own keys.
  package static let keys: [ConfigurationKey] = [memoryBytes]

  /// Reads the service's own keys.
  package init(settings: ConfigurationReader) throws(ConfigurationError) {
    memoryBytesMax =
      try settings.integer(Self.memoryBytes, in: 1 << 20...1 << 40) ?? memoryBytesMax
  }
}
