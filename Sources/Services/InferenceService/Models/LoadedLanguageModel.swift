internal import Decoding
private import Synchronization

/// A model in memory with what runs it.
///
/// A model is used by calls and may be retired; when it is retired and the last call is done it is
/// freed, and no call can begin to use it then.
final class LoadedLanguageModel: Sendable {
  let description: LanguageModelFile
  /// SHA-256 of the file in hexadecimal.
  let digest: String
  let costs: StepCostTable
  let runner: ModelRunner
  private let onFree: @Sendable () -> Void
  private let uses = Mutex(Uses())

  private struct Uses {
    var count = 0
    var isRetired = false
  }

  init(
    description: LanguageModelFile, digest: String, costs: StepCostTable, runner: ModelRunner,
    onFree: @escaping @Sendable () -> Void
  ) {
    self.description = description
    self.digest = digest
    self.costs = costs
    self.runner = runner
    self.onFree = onFree
  }

  var name: String { description.name }
  var tokenizer: BPETokenizer { description.tokenizer }

  /// Begins a use; false where the model was freed.
  func begin() -> Bool {
    uses.withLock { uses in
      guard !uses.isRetired || uses.count > 0 else { return false }
      uses.count += 1
      return true
    }
  }

  /// Ends a use.
  func end() {
    let isFree = uses.withLock { uses in
      uses.count -= 1
      return uses.isRetired && uses.count == 0
    }
    if isFree { free() }
  }

  /// Frees the model as soon as nobody uses it.
  func retire() {
    let isFree = uses.withLock { uses in
      guard !uses.isRetired else { return false }
      uses.isRetired = true
      return uses.count == 0
    }
    if isFree { free() }
  }

  private func free() {
    runner.close()
    onFree()
  }
}
