internal import Files
package import Messages
package import OODDetection
private import Synchronization

/// The stored detectors by name; those in use are in memory, within the budget.
///
/// Its functions read and write files and belong on a compute thread. Records and loaded detectors
/// change under `state`; `writing` orders those who change files, so that files and memory agree.
package final class DetectorStore: Sendable {
  /// The budget that loaded detectors count against.
  package let budget: MemoryBudget
  private let files: DetectorFiles
  private let state: Mutex<State>
  private let writing = Mutex(())

  private struct State {
    var records: [String: Detector]
    var damaged: Set<String>
    var loaded: [String: Loaded] = [:]
    var useCount = 0
  }

  /// A detector in memory, by the digest of its state.
  private struct Loaded {
    let detector: OODDetector
    let reservation: MemoryBudget.Reservation
    var lastUse: Int
  }

  /// Reads the records of `files` and removes what no record points to.
  package init(files: DetectorFiles, budget: MemoryBudget) throws {
    self.files = files
    self.budget = budget
    let found = try files.records()
    let records = found.compactMapValues { $0 }
    let damaged = Set(found.keys).subtracting(records.keys)
    // A damaged record may point to any state, so all stay until it is replaced or removed.
    if damaged.isEmpty {
      try files.removeStates(except: Set(records.values.map { $0.digest }))
    }
    state = Mutex(State(records: records, damaged: damaged))
  }

  /// The records in the order of their names.
  package var records: [Detector] {
    state.withLock { state in state.records.values.sorted { $0.name < $1.name } }
  }

  /// The names whose record cannot be read.
  package var damagedNames: [String] { state.withLock { $0.damaged.sorted() } }

  /// The bytes of the detectors in memory.
  package var loadedCount: Int { state.withLock { $0.loaded.count } }

  /// The record of a name.
  package func record(_ name: String) throws(OODServiceError) -> Detector {
    try Self.check(name)
    let (record, isDamaged, known) = state.withLock { state in
      (state.records[name], state.damaged.contains(name), state.records.keys.sorted())
    }
    if let record { return record }
    throw isDamaged
      ? .damaged(name: name, .checksumMismatch) : .unknownDetector(name: name, known: known)
  }

  /// The record of a name and its detector, read from its file where it is not in memory.
  package func detector(_ name: String) throws -> (record: Detector, detector: OODDetector) {
    let record = try record(name)
    if let detector = cached(record.digest) { return (record, detector) }
    let file: MappedFile
    do throws(FileError) {
      file = try files.state(record.digest)
    } catch {
      // Replaced between the two look-ups: the new one is there.
      if try self.record(name).digest != record.digest { return try self.detector(name) }
      throw error
    }
    let reservation = try reserve(memoryBytes(of: file.count), for: "detector `\(name)`")
    let detector: OODDetector
    do throws(StateError) {
      detector = try file.withUnsafeBytes { bytes throws(StateError) in
        try OODDetector(decoding: bytes)
      }
    } catch {
      throw OODServiceError.damaged(name: name, error)
    }
    keep(detector, digest: record.digest, reservation: reservation)
    return (record, detector)
  }

  /// Stores a detector under a name, in place of what it had, and returns its record.
  ///
  /// With `replacing`, the name must still have that digest.
  package func save(
    _ detector: OODDetector, as name: String, createdUnixNanoseconds: Int64, notes: [String] = [],
    replacing digest: String? = nil
  ) throws -> Detector {
    try Self.check(name)
    let bytes = detector.encoded()
    return try writing.withLock { _ in
      let old = state.withLock { $0.records[name] }
      if let digest, old?.digest != digest { throw OODServiceError.replaced(name: name) }
      let new = try files.writeState(bytes)
      let record = Detector(
        detector, name: name, digest: new, stateBytes: bytes.count,
        createdUnixNanoseconds: createdUnixNanoseconds, notes: notes)
      do {
        try files.writeRecord(record)
      } catch {
        // A failed sync comes after the rename: memory follows what the name has now.
        let current = files.record(name)
        state.withLock { $0.records[name] = current ?? old }
        if current != nil, current?.digest != new { dropStateIfUnused(new) }
        throw error
      }
      state.withLock { state in
        state.records[name] = record
        state.damaged.remove(name)
      }
      if let old { dropStateIfUnused(old.digest) }
      return record
    }
  }

  /// Removes a name; false where there was none.
  package func remove(_ name: String) throws -> Bool {
    try Self.check(name)
    return try writing.withLock { _ in
      let (old, isDamaged) = state.withLock { ($0.records[name], $0.damaged.contains(name)) }
      guard old != nil || isDamaged else { return false }
      try files.removeRecord(name)
      state.withLock { state in
        state.records[name] = nil
        state.damaged.remove(name)
      }
      if let old { dropStateIfUnused(old.digest) }
      return true
    }
  }

  /// The stored bytes of a name, mapped: they stay readable after the name is replaced.
  func stateFile(_ name: String) throws -> MappedFile { try files.state(record(name).digest) }

  /// Reserves memory, giving up detectors that were not used for longest where it is needed.
  package func reserve(
    _ bytes: Int, for purpose: String
  ) throws(OODServiceError) -> MemoryBudget.Reservation {
    while true {
      do throws(OODServiceError) {
        return try budget.reserve(bytes, for: purpose)
      } catch {
        guard bytes <= budget.bytesMax, forgetOldest() else { throw error }
      }
    }
  }

  /// What a detector takes in memory: its numbers, and a packed copy of them.
  private func memoryBytes(of stateBytes: Int) -> Int { 2 * stateBytes }

  private func cached(_ digest: String) -> OODDetector? {
    state.withLock { state in
      state.useCount += 1
      state.loaded[digest]?.lastUse = state.useCount
      return state.loaded[digest]?.detector
    }
  }

  private func keep(
    _ detector: OODDetector, digest: String, reservation: MemoryBudget.Reservation
  ) {
    state.withLock { state in
      guard state.records.values.contains(where: { $0.digest == digest }) else { return }
      state.useCount += 1
      state.loaded[digest] = Loaded(
        detector: detector, reservation: reservation, lastUse: state.useCount)
    }
  }

  private func forgetOldest() -> Bool {
    let oldest = state.withLock { state -> Loaded? in
      guard let digest = state.loaded.min(by: { $0.value.lastUse < $1.value.lastUse })?.key else {
        return nil
      }
      return state.loaded.removeValue(forKey: digest)
    }
    return oldest != nil
  }

  private func dropStateIfUnused(_ digest: String) {
    let isUsed = state.withLock { state in
      if state.records.values.contains(where: { $0.digest == digest }) { return true }
      state.loaded[digest] = nil
      // A damaged record may point to it.
      return !state.damaged.isEmpty
    }
    if !isUsed { files.removeState(digest) }
  }

  /// Throws where a name cannot be the name of a detector, or of its file.
  package static func check(_ name: String) throws(OODServiceError) {
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    guard allowed, (1...128).contains(name.utf8.count), name != ".", name != "..",
      !name.contains(".partial-")
    else { throw .invalidName(name) }
  }
}
