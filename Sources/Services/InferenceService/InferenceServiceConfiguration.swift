package import Daemon

/// What the inference daemon may use, besides what every daemon has.
package struct InferenceServiceConfiguration: Sendable {
  /// The model for requests that name none; it is loaded at the start.
  package var defaultModel = "smollm2"
  /// The memory of all loaded models with their caches, in bytes.
  package var memoryBytesMax = 4 << 30
  /// The positions of each model's cache, all its callers together.
  package var cacheTokensMax = 16_384
  /// The jobs that one model runs at once.
  package var batchJobsMax = 16
  /// The jobs that wait for a place in a model's batch.
  package var queueJobsMax = 64
  /// The tokens that a caller may leave unread before its call ends.
  package var unreadTokensMax = 65_536

  /// Creates the defaults.
  package init() {}

  static let model = ConfigurationKey(
    "model.default", "Model for requests that name none, loaded at the start.",
    fallback: "smollm2")
  static let memory = ConfigurationKey(
    "models.memoryMiB", "MiB of all loaded models with their caches, 16 to 16777216.",
    fallback: "4096")
  static let cacheTokens = ConfigurationKey(
    "cache.tokens", "Tokens of each model's cache, all callers together, 256 to 16777216.",
    fallback: "16384")
  static let batchJobs = ConfigurationKey(
    "batch.jobs", "Jobs that a model runs at once, 1 to 256.", fallback: "16")
  static let queueJobs = ConfigurationKey(
    "queue.jobs", "Jobs that may wait for a model, 0 to 65536.", fallback: "64")
  static let unreadTokens = ConfigurationKey(
    "stream.unreadTokens", "Tokens that a caller may leave unread, 256 to 16777216.",
    fallback: "65536")

  /// The service's own keys.
  package static let keys: [ConfigurationKey] = [
    model, memory, cacheTokens, batchJobs, queueJobs, unreadTokens,
  ]

  /// Reads the service's own keys.
  package init(settings: ConfigurationReader) throws(ConfigurationError) {
    defaultModel = try settings.text(Self.model) ?? defaultModel
    if let mebibytes = try settings.integer(Self.memory, in: 16...16_777_216) {
      memoryBytesMax = mebibytes << 20
    }
    cacheTokensMax = try settings.integer(Self.cacheTokens, in: 256...1 << 24) ?? cacheTokensMax
    batchJobsMax = try settings.integer(Self.batchJobs, in: 1...256) ?? batchJobsMax
    queueJobsMax = try settings.integer(Self.queueJobs, in: 0...65_536) ?? queueJobsMax
    unreadTokensMax =
      try settings.integer(Self.unreadTokens, in: 256...1 << 24) ?? unreadTokensMax
  }
}
