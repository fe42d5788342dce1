import AutodidactClient
import Daemon
import Messages
import Scheduling
import ServiceLifecycle
import TTRPC
import Tensors
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
  let server = TTRPCServer(configuration: ServerConfiguration(), services: [service.rpcService])
  let path = sockets.file("encoder.sock")
  let locator = SocketLocator(
    environment: ["AUTODIDACT_RUNTIME_DIR": sockets.path], userID: 0
  ) { _ in true }
  let suite = Autodidact(locator: locator)
  let (started, start) = AsyncStream.makeStream(of: Void.self)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      try await server.run(listening: [.path(path, mode: 0o600)]) { start.finish() }
    }
    group.addTask { try await service.workers.run() }
    for await _ in started {}
    do {
      try await body(suite.encoder)
    } catch {
      await suite.close()
      group.cancelAll()
      throw error
    }
    await suite.close()
    server.beginGracefulShutdown(deadline: .seconds(1))
    group.cancelAll()
    // ignoring: the server and the workers end by cancellation.
    while case .failure? = await group.nextResult() {}
  }
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

/// The code and message of the error that `body` throws.
func failure(
  of body: () async throws -> some Any
) async -> (code: RPCCode, message: String)? {
  do {
    _ = try await body()
    return nil
  } catch let error as CallError {
    return (error.code, error.message)
  } catch {
    return (.unknown, "\(error)")
  }
}
