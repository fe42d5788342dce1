package import Daemon
internal import Encoding
internal import CoreMetrics
internal import Scheduling
internal import Tensors
internal import Transformers

/// What the encoder daemon is built from: its models, the service, its workers and the self-check.
package func encoderDaemonParts(_ environment: DaemonEnvironment) async throws -> DaemonParts {
  let shared = environment.configuration
  let configuration = try EncoderServiceConfiguration(settings: environment.settings)
  // The kernels run one batch on each compute thread; OpenBLAS is only checked, not used.
  setBLASThreadCount(1)
  let kernels = try KernelPath.chosen(shared.kernelPath.rawValue)
  let text = ComputeExecutor(name: "encoder-text", threadCount: 1)
  let compute = ComputeExecutor(name: "encoder", threadCount: shared.threadCount)
  let catalog = ModelCatalog(
    folder: shared.modelsDirectory, kernels: kernels,
    loadedCountMax: configuration.loadedModelCountMax, executor: text)
  environment.report("loading the model \(configuration.defaultModel)")
  let model = try await catalog.model(configuration.defaultModel)

  let texts = environment.metrics.counter(
    "autodidact_encoder_texts_total", help: "Texts that were encoded.")
  let tokens = environment.metrics.counter(
    "autodidact_encoder_tokens_total", help: "Tokens that were encoded.")
  let queued = environment.metrics.gauge(
    "autodidact_encoder_queue_tokens", help: "Tokens that wait to be encoded.")
  let weights = environment.metrics.gauge(
    "autodidact_encoder_model_bytes", help: "Bytes of the weights of all loaded models.")
  let service = TextEncoderService(
    catalog: catalog, configuration: configuration, text: text, compute: compute
  ) { textCount, tokenCount in
    texts.increment(by: textCount)
    tokens.increment(by: tokenCount)
  }
  environment.report(
    "\(model.name): \(model.encoder.dimensionCount) dimensions, \(kernels.rawValue) kernels, "
      + "\(shared.threadCount) threads")

  var parts = DaemonParts(services: [service.rpcService])
  parts.background = [service.workers]
  parts.probes = [WorkProbe(name: "encoder compute") { try await compute.run {} }]
  parts.selfCheck = {
    try await compute.run {
      try checkProducts(path: kernels)
      try checkVectors(of: model)
    }
  }
  parts.refreshMetrics = {
    queued.set(service.waitingTokenCount)
    weights.set(catalog.loadedModels.values.reduce(0) { $0 + $1.weightBytes })
  }
  parts.kernelPath = kernels.rawValue
  return parts
}

/// A model that gives no usable vector.
package enum VectorCheckFailure: Error, Equatable, CustomStringConvertible {
  /// The vector of a short text has this length.
  case length(model: String, Float)

  /// What is wrong.
  package var description: String {
    switch self {
    case .length(let model, let length):
      "the model \"\(model)\" gives a vector of length \(length) for a short text"
    }
  }
}

/// Encodes a short text and checks that its vector is finite and not zero.
private func checkVectors(of model: LoadedModel) throws {
  let tokens = try model.encoder.tokenize("a self-check")
  let features = model.encoder.encode(
    PackedSequences([tokens.ids]), workspace: BERTWorkspace()
  ).features
  let length = features.row(0).reduce(0) { $0 + $1 * $1 }.squareRoot()
  guard length.isFinite, length > 1e-6 else {
    throw VectorCheckFailure.length(model: model.name, length)
  }
}
