internal import Daemon
internal import Decoding
private import FoundationEssentials
internal import ModelFiles
package import Scheduling
private import Synchronization
package import Tensors
internal import Transformers

/// The language models of a folder: known by their names, loaded when they are first asked for.
///
/// A model is `<name>/model.gguf` or `<name>.gguf`. Loads run one after the other on a single
/// thread, so two callers that ask for the same model load it once. All loaded models together stay
/// within a budget of memory.
package final class LanguageModelCatalog: Sendable {
  /// How models are run.
  package struct Settings: Sendable {
    /// The kernels.
    package var kernels: KernelPath
    /// The threads of each model.
    package var threadCount: Int
    /// The service's own settings.
    package var configuration: InferenceServiceConfiguration
    /// Where the daemon's work is counted.
    package var counters: InferenceCounters

    /// Creates settings.
    package init(
      kernels: KernelPath, threadCount: Int, configuration: InferenceServiceConfiguration,
      counters: InferenceCounters = InferenceCounters()
    ) {
      self.kernels = kernels
      self.threadCount = threadCount
      self.configuration = configuration
      self.counters = counters
    }
  }

  /// The folder of the models.
  package let folder: String
  /// How models are run.
  package let settings: Settings
  private let loader: ComputeExecutor
  private let compute: ComputeExecutor
  private let workers: InferenceWorkers
  private let state = Mutex(State())

  private struct State {
    var loaded: [String: LoadedLanguageModel] = [:]
    /// Memory of all models that were not freed.
    var byteCount = 0
  }

  /// Creates a catalog; loads run on `loader`, which has one thread, models on `compute`.
  package init(
    folder: String, settings: Settings, loader: ComputeExecutor, compute: ComputeExecutor,
    workers: InferenceWorkers
  ) {
    precondition(loader.threadCount == 1, "\(loader.threadCount) threads load models")
    self.folder = folder
    self.settings = settings
    self.loader = loader
    self.compute = compute
    self.workers = workers
  }

  /// The memory of all models that were not freed.
  package var byteCount: Int { state.withLock { $0.byteCount } }

  /// The jobs that wait for a place and those in the batches, over all models.
  package var jobCounts: (waiting: Int, running: Int) {
    let models = state.withLock { Array($0.loaded.values) }
    return models.reduce((0, 0)) { sum, model in
      let counts = model.runner.jobCounts
      return (sum.0 + counts.waiting, sum.1 + counts.running)
    }
  }

  /// The models in memory, by name.
  var loadedModels: [String: LoadedLanguageModel] { state.withLock { $0.loaded } }

  /// The names of the models in the folder, sorted.
  var names: [String] {
    // ignoring: a folder that cannot be read holds no models that could be used.
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let names = found.compactMap { entry -> String? in
      let name = entry.hasSuffix(".gguf") ? String(entry.dropLast(5)) : entry
      return isModelName(name) && path(of: name) != nil ? name : nil
    }
    return Set(names).sorted()
  }

  /// Calls `body` with the model, loaded now if it was not before; it stays while `body` runs.
  func withModel<Result: Sendable>(
    _ name: String, _ body: (LoadedLanguageModel) async throws -> Result
  ) async throws -> Result {
    let (model, _) = try await model(name)
    guard model.begin() else { throw InferenceServiceError.unloaded(name) }
    defer { model.end() }
    return try await body(model)
  }

  /// The model and the seconds that loading it took, 0 where it was loaded already.
  func model(_ name: String) async throws -> (LoadedLanguageModel, seconds: Double) {
    let name = name.isEmpty ? settings.configuration.defaultModel : name
    if let model = state.withLock({ $0.loaded[name] }) { return (model, 0) }
    guard isModelName(name) else { throw InferenceServiceError.modelName(name) }
    let clock = ContinuousClock()
    let start = clock.now
    let model = try await loader.run { [self] in try load(name) }
    return (model, (clock.now - start) / .seconds(1))
  }

  /// The description of a model, whether it is loaded or not.
  func description(of name: String) async throws -> LanguageModelFile {
    try await loader.run { [self] in try open(name) }
  }

  /// Frees a model once its calls are done; false where it was not loaded.
  func unload(_ name: String) throws(InferenceServiceError) -> Bool {
    let name = name.isEmpty ? settings.configuration.defaultModel : name
    guard isModelName(name) else { throw .modelName(name) }
    let model = state.withLock { $0.loaded.removeValue(forKey: name) }
    model?.retire()
    return model != nil
  }

  private func load(_ name: String) throws(InferenceServiceError) -> LoadedLanguageModel {
    if let model = state.withLock({ $0.loaded[name] }) { return model }
    let description = try open(name)
    let bytes = description.byteCount(cacheTokens: settings.configuration.cacheTokensMax)
    try reserve(bytes, for: name)
    do throws(InferenceServiceError) {
      let digest = description.file.digest
      guard description.recordedDigest ?? digest == digest else {
        throw .unusableModel(name, cause: .digest)
      }
      let (runner, costs) = try makeRunner(description)
      let model = LoadedLanguageModel(
        description: description, digest: digest, costs: costs, runner: runner
      ) { [weak self] in self?.state.withLock { $0.byteCount -= bytes } }
      workers.add(runner)
      state.withLock { $0.loaded[name] = model }
      return model
    } catch {
      state.withLock { $0.byteCount -= bytes }
      throw error
    }
  }

  private func reserve(_ bytes: Int, for name: String) throws(InferenceServiceError) {
    let limit = settings.configuration.memoryBytesMax
    let used = state.withLock { state -> Int? in
      guard state.byteCount + bytes <= limit else { return state.byteCount }
      state.byteCount += bytes
      return nil
    }
    if let used { throw .memory(name, bytes: bytes, used: used, limit: limit) }
  }

  private func makeRunner(
    _ description: LanguageModelFile
  ) throws(InferenceServiceError) -> (ModelRunner, StepCostTable) {
    let model: LlamaModel
    do throws(LlamaError) {
      model = try LlamaModel(
        description.file, path: settings.kernels, threadCount: settings.threadCount,
        positionCountMax: settings.configuration.cacheTokensMax)
    } catch {
      throw .unusableModel(description.name, cause: .network(error))
    }
    // The weights were packed into memory of their own.
    description.file.releasePages()
    let clock = secondsClock()
    do throws(ModelCheckFailure) {
      try checkLogits(of: model)
      let costs = try measuredCosts(of: model, clock: clock)
      let runner = ModelRunner(
        name: description.name, model: model, tokenizer: description.tokenizer, costs: costs,
        settings: settings, executor: compute, clock: clock)
      return (runner, costs)
    } catch {
      throw .selfCheck(description.name, cause: error)
    }
  }

  private func open(_ name: String) throws(InferenceServiceError) -> LanguageModelFile {
    guard isModelName(name) else { throw .modelName(name) }
    guard let (path, record) = path(of: name) else {
      throw .missingModel(name, folder: folder, known: names)
    }
    return try LanguageModelFile(name: name, path: path, record: record)
  }

  /// The file of a model, and the place of its record.
  private func path(of name: String) -> (path: String, record: String?)? {
    let inside = "\(folder)/\(name)/model.gguf"
    if FileManager.default.fileExists(atPath: inside) {
      return (inside, "\(folder)/\(name)/autodidact-model.json")
    }
    let single = "\(folder)/\(name).gguf"
    return FileManager.default.fileExists(atPath: single) ? (single, nil) : nil
  }
}

/// A clock that counts seconds from now on.
func secondsClock() -> @Sendable () -> Double {
  let clock = ContinuousClock()
  let start = clock.now
  return { (clock.now - start) / .seconds(1) }
}
