import AutodidactClient
import Daemon
import Messages
import Scheduling
import Tensors
import ServiceFixtures
import TestSupport

@testable import InferenceService

/// What a test of the inference daemon's service has at hand.
struct InferenceFixture: Sendable {
  /// A client of the service on a socket.
  let client: InferenceClient
  /// The models of the service.
  let catalog: LanguageModelCatalog
}

/// Runs `body` with a client of an inference service on a socket in a temporary folder.
func withInference(
  models: String, configuration: InferenceServiceConfiguration = tinyConfiguration(),
  _ body: @escaping @Sendable (InferenceFixture) async throws -> Void
) async throws {
  let sockets = try TemporaryFolder()
  let workers = InferenceWorkers()
  let catalog = LanguageModelCatalog(
    folder: models,
    settings: LanguageModelCatalog.Settings(
      kernels: .best, threadCount: 2, configuration: configuration),
    loader: ComputeExecutor(name: "load", threadCount: 1),
    compute: ComputeExecutor(name: "inference", threadCount: 1), workers: workers)
  let service = LanguageModelService(
    catalog: catalog, text: ComputeExecutor(name: "text", threadCount: 1))
  try await withServices(
    [service.rpcService], on: [.inference], in: sockets, beside: [workers]
  ) { try await body(InferenceFixture(client: $0.inference, catalog: catalog)) }
}

/// A configuration whose default model is the tiny one.
func tinyConfiguration() -> InferenceServiceConfiguration {
  var configuration = InferenceServiceConfiguration()
  configuration.defaultModel = "tiny"
  configuration.cacheTokensMax = 8_192
  return configuration
}

/// A folder with the tiny model.
func tinyModels(template: String? = GGUFBuilder.chatMLTemplate) throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try TinyLanguageModel.write(to: folder.file("tiny.gguf"), template: template)
  return folder
}

/// A prompt of plain text.
func prompt(_ text: String) -> Prompt { Prompt(input: .text(text)) }

/// A request that samples `tokensMax` tokens, also beyond end tokens.
func request(
  _ text: String, tokensMax: UInt32 = 12, temperature: Double = 1, seed: UInt64 = 0,
  samples: UInt32 = 1, speculation: Speculation? = nil, detail: TokenDetail? = nil
) -> GenerateRequest {
  GenerateRequest(
    prompt: prompt(text), sampling: SamplingOptions(temperature: temperature, seed: seed),
    stop: StopOptions(tokensMax: tokensMax, ignoreEndToken: true), speculation: speculation,
    detail: detail, sampleCount: samples)
}

/// All that a call of `Generate` answered, sample by sample.
struct Generated {
  var start: GenerationStart?
  var texts: [UInt32: String] = [:]
  var ids: [UInt32: [UInt32]] = [:]
  var logProbabilities: [UInt32: [Float]] = [:]
  var ends: [UInt32: SampleEnd] = [:]
  var statistics: GenerationStatistics?
  /// The order of the kinds of events.
  var kinds: [String] = []

  init(_ call: MessageCall<GenerateRequest, GenerateResponse>) async throws {
    for try await response in call.responses {
      switch response.event {
      case .start(let start):
        self.start = start
        kinds.append("start")
      case .delta(let delta):
        texts[delta.sampleIndex, default: ""] += delta.text
        ids[delta.sampleIndex, default: []] += delta.tokens.map(\.id)
        logProbabilities[delta.sampleIndex, default: []] += delta.tokens.map(\.logProbability)
        kinds.append("delta")
      case .end(let end):
        ends[end.sampleIndex] = end
        kinds.append("end")
      case .statistics(let statistics):
        self.statistics = statistics
        kinds.append("statistics")
      case nil: kinds.append("nothing")
      }
    }
  }
}
