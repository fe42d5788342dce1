internal import Daemon
private import FoundationEssentials
package import ModelFiles
package import Scheduling
private import Synchronization
package import Tensors

/// The models of a folder: known by their names, loaded when they are first asked for.
///
/// Loads run one after the other on a single thread, so two callers that ask for the same model
/// load it once. A model that was loaded stays; its weights are mapped and shared.
package final class ModelCatalog: Sendable {
  /// The folder of the models.
  package let folder: String
  private let kernels: KernelPath
  private let loadedCountMax: Int
  private let executor: ComputeExecutor
  private let loaded = Mutex<[String: LoadedModel]>([:])

  /// Creates a catalog; loads run on `executor`, which has one thread.
  package init(
    folder: String, kernels: KernelPath, loadedCountMax: Int, executor: ComputeExecutor
  ) {
    precondition(executor.threadCount == 1, "\(executor.threadCount) threads load models")
    self.folder = folder
    self.kernels = kernels
    self.loadedCountMax = loadedCountMax
    self.executor = executor
  }

  /// The models in memory, by name.
  package var loadedModels: [String: LoadedModel] { loaded.withLock { $0 } }

  /// The names of the models in the folder, sorted.
  package var names: [String] {
    // ignoring: a folder that cannot be read holds no models that could be used.
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return found.filter { name in
      isModelName(name) && FileManager.default.fileExists(atPath: "\(folder)/\(name)/config.json")
    }.sorted()
  }

  /// The model `name`, loaded now if it was not before.
  package func model(_ name: String) async throws -> LoadedModel {
    if let model = loaded.withLock({ $0[name] }) { return model }
    guard isModelName(name) else { throw EncoderServiceError.modelName(name) }
    return try await executor.run { [self] in try load(name) }
  }

  /// The sizes in the configuration of a model, whether it is loaded or not.
  package func sizes(of name: String) async throws -> SentenceEncoderFolder {
    let path = "\(folder)/\(name)"
    return try await executor.run { try SentenceEncoderFolder(path: path) }
  }

  private func load(_ name: String) throws(EncoderServiceError) -> LoadedModel {
    let (model, count) = loaded.withLock { ($0[name], $0.count) }
    if let model { return model }
    guard count < loadedCountMax else { throw .loadedModels(name, limit: loadedCountMax) }
    guard FileManager.default.fileExists(atPath: "\(folder)/\(name)") else {
      throw .missingModel(name, folder: folder, known: names)
    }
    let new = try LoadedModel(name: name, path: "\(folder)/\(name)", kernels: kernels)
    loaded.withLock { $0[name] = new }
    return new
  }
}
