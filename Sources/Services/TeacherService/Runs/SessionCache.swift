private import Synchronization

/// The runs that were looked at last: explaining many samples does not load a run each time.
final class SessionCache: Sendable {
  private struct Entry {
    let session: RunSession
    let checkpoint: [UInt8]?
  }

  private let countMax: Int
  private let entries = Mutex<[Entry]>([])

  init(countMax: Int) { self.countMax = countMax }

  /// The session of a run, if it is of that checkpoint.
  func session(_ id: String, checkpoint: [UInt8]?) -> RunSession? {
    entries.withLock { entries in
      entries.first { $0.session.id == id && $0.checkpoint == checkpoint }?.session
    }
  }

  /// Keeps a session, the oldest making room.
  func keep(_ session: RunSession, checkpoint: [UInt8]?) {
    entries.withLock { entries in
      entries.removeAll { $0.session.id == session.id }
      entries.append(Entry(session: session, checkpoint: checkpoint))
      if entries.count > countMax { entries.removeFirst() }
    }
  }

  /// Forgets a run.
  func remove(_ id: String) {
    entries.withLock { $0.removeAll { $0.session.id == id } }
  }
}
