package import Daemon

/// What the service may use, besides what every daemon has.
package struct JudgeServiceConfiguration: Sendable {
  /// The most labelled items of one calibration, certificate or evaluation.
  package var labelledItemCountMax = 200_000
  /// The most bytes of one answer or reference.
  package var textBytesMax = 256 << 10
  /// The most bytes of the database; nil means as large as the device allows.
  package var databaseBytesMax: Int?
  /// How long a daemon that does not answer is tried again, in seconds.
  package var retrySeconds = 10
  /// The calls to the encoder or to the language model that are under way at once.
  package var concurrentCallCount = 4

  /// The most bytes of an item's, a prompt's or a pair's id.
  static let idBytesMax = 256
  /// The most items of one message.
  static let messageItemCountMax = 10_000
  /// The most candidates of one prompt.
  static let candidateCountMax = 1024
  /// The most bytes that the candidates of one prompt take when each is stored with all others.
  static let voteBytesMax = 64 << 20

  /// Creates the defaults.
  package init() {}

  static let labelledItems = ConfigurationKey(
    "labelled.items.max", "Labelled items of one calibration or certificate, 100 to 10000000.",
    fallback: "200000")
  static let textBytes = ConfigurationKey(
    "text.bytes", "Bytes of one answer or reference, 1024 to 1048576.", fallback: "262144")
  static let databaseBytes = ConfigurationKey(
    "database.bytes", "Size of the database, 1048576 bytes to 16 TiB; 0: no limit.",
    fallback: "0")
  static let retrying = ConfigurationKey(
    "retry.seconds", "How long a daemon that does not answer is tried again, 0 to 3600 seconds.",
    fallback: "10")
  static let concurrentCalls = ConfigurationKey(
    "calls.concurrent", "Calls to encoder or language model at once, 1 to 64.", fallback: "4")

  /// The service's own keys.
  package static let keys: [ConfigurationKey] = [
    labelledItems, textBytes, databaseBytes, retrying, concurrentCalls,
  ]

  /// Reads the service's own keys.
  package init(settings: ConfigurationReader) throws(ConfigurationError) {
    labelledItemCountMax =
      try settings.integer(Self.labelledItems, in: 100...10_000_000) ?? labelledItemCountMax
    textBytesMax = try settings.integer(Self.textBytes, in: 1024...1 << 20) ?? textBytesMax
    let bytes = try settings.integer(Self.databaseBytes, in: 0...1 << 44) ?? 0
    databaseBytesMax = bytes == 0 ? nil : bytes
    retrySeconds = try settings.integer(Self.retrying, in: 0...3600) ?? retrySeconds
    concurrentCallCount =
      try settings.integer(Self.concurrentCalls, in: 1...64) ?? concurrentCallCount
  }
}
