import AutodidactClient
import Daemon
import Messages
import Scheduling
import Tensors
import ServiceFixtures
import TestSupport

@testable import EncoderService

/// Runs `body` with a client of an encoder on a socket in a temporary folder.
func withEncoder(
  models: String, configuration: EncoderServiceConfiguration = tinyConfiguration(),
  _ body: @escaping @Sendable (EncoderClient) async throws -> Void
) async throws {
  let sockets = try TemporaryFolder()
  let text = ComputeExecutor(name: "text", threadCount: 1)
  let service = TextEncoderService(
    catalog: ModelCatalog(
      folder: models, kernels: .best, loadedCountMax: configuration.loadedModelCountMax,
      executor: text),
    configuration: configuration, text: text,
    compute: ComputeExecutor(name: "encoder", threadCount: 2))
  try await withServices(
    [service.rpcService], on: [.encoder], in: sockets, beside: [service.workers]
  ) { try await body($0.encoder) }
}

/// A configuration whose default model is the tiny one.
func tinyConfiguration() -> EncoderServiceConfiguration {
  var configuration = EncoderServiceConfiguration()
  configuration.defaultModel = "tiny"
  configuration.batchTokensMax = 32
  return configuration
}

/// A folder with the tiny model.
func tinyModels() throws -> TemporaryFolder {
  let folder = try TemporaryFolder()
  try TinyModel.write(to: folder.file("tiny"))
  return folder
}

/// A request for the vectors of `texts`.
func request(
  _ texts: [String], model: String = "", options: EncodeOptions? = nil, sequence: UInt64 = 0
) -> EncodeRequest {
  EncodeRequest(
    model: model, options: options, sequence: sequence, input: .text(TextBatch(texts: texts)))
}
