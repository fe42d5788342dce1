package import Daemon

/// What the encoder daemon may use, besides what every daemon has.
package struct EncoderServiceConfiguration: Sendable {
  /// The model for requests that name none; it is loaded at the start.
  package var defaultModel = "minilm"
  /// The tokens of one batch.
  package var batchTokensMax = 512
  /// The tokens that may wait, all callers together.
  package var queueTokensMax = 1 << 20
  /// The models that are in memory at once.
  package var loadedModelCountMax = 4

  /// Creates the defaults.
  package init() {}

  static let model = ConfigurationKey(
    "model.default", "Model for requests that name none, loaded at the start.",
    fallback: "minilm")
  static let batchTokens = ConfigurationKey(
    "batch.tokens", "Tokens that are computed together on one thread, 16 to 65536.",
    fallback: "512")
  static let queueTokens = ConfigurationKey(
    "queue.tokens", "Tokens of all callers that may wait, 1024 to 1073741824.",
    fallback: "1048576")
  static let loadedModels = ConfigurationKey(
    "models.loadedCount", "Models that are in memory at once, 1 to 64.", fallback: "4")

  /// The service's own keys.
  package static let keys: [ConfigurationKey] = [model, batchTokens, queueTokens, loadedModels]

  /// Reads the service's own keys.
  package init(settings: ConfigurationReader) throws(ConfigurationError) {
    defaultModel = try settings.text(Self.model) ?? defaultModel
    batchTokensMax = try settings.integer(Self.batchTokens, in: 16...65_536) ?? batchTokensMax
    queueTokensMax =
      try settings.integer(Self.queueTokens, in: 1024...1 << 30) ?? queueTokensMax
    loadedModelCountMax =
      try settings.integer(Self.loadedModels, in: 1...64) ?? loadedModelCountMax
  }
}
