private import Synchronization

/// The run that a pipeline has begun in the teacher, for whoever has to stop it.
final class RunProgress: Sendable {
  private let state = Mutex<String?>(nil)

  /// The run's id.
  var runID: String? {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
