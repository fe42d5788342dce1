package import Daemon
internal import CoreMetrics
internal import Logging
internal import Messages
internal import Scheduling
internal import TTRPC
internal import Tensors
internal import Transformers

/// What the inference daemon is built from: its models, the service, their runners, the self-check.
///
/// Without the default model the daemon serves, so that it need not be started again when the model
/// is there; calls that need the model are refused with the way to get it.
package func inferenceDaemonParts(_ environment: DaemonEnvironment) async throws -> DaemonParts {
  let shared = environment.configuration
  let configuration = try InferenceServiceConfiguration(settings: environment.settings)
  setBLASThreadCount(1)
  let kernels = try KernelPath.chosen(shared.kernelPath.rawValue)
  let text = ComputeExecutor(name: "inference-text", threadCount: 1)
  let loader = ComputeExecutor(name: "inference-load", threadCount: 1)
  let compute = ComputeExecutor(name: "inference", threadCount: 1)
  let workers = InferenceWorkers()
  let catalog = LanguageModelCatalog(
    folder: shared.modelsDirectory,
    settings: LanguageModelCatalog.Settings(
      kernels: kernels, threadCount: shared.threadCount, configuration: configuration,
      counters: InferenceCounters(environment.metrics)),
    loader: loader, compute: compute, workers: workers)
  try await loadDefaultModel(of: catalog, environment)

  let waiting = environment.metrics.gauge(
    "autodidact_inference_waiting_jobs", help: "Jobs that wait for a place in a batch.")
  let running = environment.metrics.gauge(
    "autodidact_inference_running_jobs", help: "Jobs in the batches.")
  let memory = environment.metrics.gauge(
    "autodidact_inference_model_bytes", help: "Bytes of the loaded models with their caches.")

  var parts = DaemonParts(
    services: [LanguageModelService(catalog: catalog, text: text).rpcService])
  parts.background = [workers]
  parts.probes = [WorkProbe(name: "inference compute") { try await compute.run {} }]
  parts.selfCheck = {
    try await compute.run {
      try checkProducts(path: kernels)
      try checkDecoderProducts(path: kernels)
    }
  }
  parts.refreshMetrics = {
    let counts = catalog.jobCounts
    waiting.set(counts.waiting)
    running.set(counts.running)
    memory.set(catalog.byteCount)
  }
  parts.kernelPath = kernels.rawValue
  return parts
}

/// Loads the default model; one that is not there is no reason not to serve.
private func loadDefaultModel(
  of catalog: LanguageModelCatalog, _ environment: DaemonEnvironment
) async throws {
  let name = catalog.settings.configuration.defaultModel
  environment.report("loading the model \(name)")
  do {
    let (model, seconds) = try await catalog.model("")
    let network = model.description.network
    environment.report(
      "\(name): \(network.layerCount) layers, \(network.hiddenSize) dimensions, "
        + "\(catalog.settings.kernels.rawValue) kernels, \(catalog.settings.threadCount) threads, "
        + "loaded in \(Int(seconds * 1_000)) ms")
  } catch let error as InferenceServiceError {
    guard case .missingModel = error else { throw error }
    environment.logger.warning(
      "the default model is missing, serving without it", metadata: ["error": "\(error)"])
    environment.report("\(error)")
  }
}

extension InferenceCounters {
  /// The daemon's counters.
  init(_ metrics: MetricsRegistry) {
    self.init()
    promptTokens = metrics.counter(
      "autodidact_inference_prompt_tokens_total", help: "Tokens of prompts.")
    cachedTokens = metrics.counter(
      "autodidact_inference_cached_tokens_total",
      help: "Tokens of prompts whose state was there already.")
    generatedTokens = metrics.counter(
      "autodidact_inference_generated_tokens_total", help: "Tokens that were generated.")
    proposedTokens = metrics.counter(
      "autodidact_inference_proposed_tokens_total", help: "Tokens that were guessed.")
    acceptedTokens = metrics.counter(
      "autodidact_inference_accepted_tokens_total",
      help: "Guessed tokens that the model confirmed.")
  }
}
