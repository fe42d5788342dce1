import Daemon
import Files
import Glibc
import Messages
import OODDetection
import Synchronization
import TTRPC
import TestSupport
import Tensors
import Testing

@testable import OODService

@Suite struct DetectorStoreTests {
  static func detector(seed: UInt64, rows: Int = 20) throws -> OODDetector {
    var random = SplitMix64(seed: seed)
    let features = Matrix<Float>(
      rowCount: rows, columnCount: 4, elements: random.normals(rows * 4))
    return try OODDetector(
      fitting: NearestNeighborDistance.self, .init(), on: ReferenceSet(features: features))
  }

  static func store(
    _ folder: String, bytesMax: Int = 1 << 20, calls: FileCalls = .system
  ) throws -> DetectorStore {
    try DetectorStore(
      files: DetectorFiles(folder: folder, calls: calls), budget: MemoryBudget(bytesMax: bytesMax))
  }

  @discardableResult static func save(
    _ store: DetectorStore, _ name: String, seed: UInt64
  ) throws -> Detector {
    try store.save(detector(seed: seed), as: name, createdUnixNanoseconds: Int64(seed))
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `random saves, removals and restarts agree with a dictionary`(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    var random = SplitMix64(seed: seed)
    var model: [String: Detector] = [:]
    var store: DetectorStore? = try Self.store(folder.file("s"))
    for _ in 0..<60 {
      let name = ["a", "b", "c", "d.e-f_g"].randomElement(using: &random) ?? "a"
      switch Int.random(in: 0..<5, using: &random) {
      case 0...1:
        let content = UInt64.random(in: 0..<6, using: &random)
        model[name] = try store.map { try Self.save($0, name, seed: content) }
      case 2:
        let removed = try store?.remove(name)
        #expect(removed == (model.removeValue(forKey: name) != nil), "seed \(seed)")
      case 3:
        store = nil
        store = try Self.store(folder.file("s"))
      default:
        if let record = model[name] {
          #expect(try store?.detector(name).record == record, "seed \(seed)")
        } else {
          #expect(throws: OODServiceError.self) { try store?.detector(name) }
        }
      }
      #expect(store?.records == model.values.sorted { $0.name < $1.name }, "seed \(seed)")
    }
    // As many states as there are different ones in use.
    let states = try #require(opendir(folder.file("s/states")))
    var count = 0
    while readdir(states) != nil { count += 1 }
    closedir(states)
    #expect(count - 2 == Set(model.values.map(\.digest)).count)
  }

  @Test func `at every failing write, sync and rename the old or the new is there`() throws {
    for failing in 1...12 {
      let folder = try TemporaryFolder()
      let old = try Self.save(Self.store(folder.file("s")), "d", seed: 1)
      let fault = Fault(at: failing)
      let system = FileCalls.system
      var calls = system
      calls.write = { descriptor, bytes, offset in
        fault.strikes(ENOSPC) ? -1 : system.write(descriptor, bytes, offset)
      }
      calls.sync = { fault.strikes(EIO) ? -1 : system.sync($0) }
      calls.rename = { fault.strikes(EIO) ? -1 : system.rename($0, $1) }
      var new: Detector?
      do {
        new = try Self.save(Self.store(folder.file("s"), calls: calls), "d", seed: 2)
      } catch let error as FileError {
        #expect(error.rpcError.message.contains("state"))
      }
      let store = try Self.store(folder.file("s"))
      let found = try store.detector("d")
      if let new {
        #expect(found.record == new)
      } else {
        #expect(found.record == old || found.record.digest != old.digest, "call \(failing)")
      }
    }
  }

  @Test func `leftovers of a crash are removed at the start`() throws {
    let folder = try TemporaryFolder()
    let record = try Self.save(Self.store(folder.file("s")), "d", seed: 1)
    for path in ["s/states/\(String(repeating: "0", count: 64))", "s/names/d.partial-abc123"] {
      _ = try folder.write(path, [1, 2, 3])
    }
    let store = try Self.store(folder.file("s"))
    #expect(store.records == [record])
    #expect(access(folder.file("s/states/\(String(repeating: "0", count: 64))"), F_OK) != 0)
    #expect(access(folder.file("s/names/d.partial-abc123"), F_OK) != 0)
  }

  @Test func `a damaged record and a damaged state are named, and can be replaced`() throws {
    let folder = try TemporaryFolder()
    let record = try Self.save(Self.store(folder.file("s")), "d", seed: 1)
    _ = try folder.write("s/names/d", [0, 1, 2])
    var store: DetectorStore? = try Self.store(folder.file("s"))
    #expect(store?.damagedNames == ["d"])
    #expect(throws: OODServiceError.damaged(name: "d", .checksumMismatch)) {
      try store?.detector("d")
    }
    #expect(try store.map { try Self.save($0, "d", seed: 1) }?.digest == record.digest)
    store = nil
    _ = try folder.write("s/states/\(record.digest)", Array("ADOODDET".utf8))
    store = try Self.store(folder.file("s"))
    #expect(throws: OODServiceError.self) { try store?.detector("d") }
    #expect(try store?.remove("d") == true)
  }

  @Test func `a second process is kept out`() throws {
    let folder = try TemporaryFolder()
    let store = try Self.store(folder.file("s"))
    let isClosedTwice = usesClosedDescriptor {
      do {
        _ = try Self.store(folder.file("s"))
        Issue.record("a second store works on the folder")
      } catch {
        #expect(
          error as? FolderLock.Failure
            == .held(folder: folder.file("s"), processID: getpid()))
      }
    }
    #expect(!isClosedTwice)
    #expect(store.records.isEmpty)
  }

  @Test func `detectors that were not used for longest leave memory first`() throws {
    let folder = try TemporaryFolder()
    var store: DetectorStore? = try Self.store(folder.file("s"))
    for seed in 1...4 as ClosedRange<UInt64> {
      try store.map { _ = try Self.save($0, "d\(seed)", seed: seed) }
    }
    store = nil
    let open = try Self.store(folder.file("s"), bytesMax: 2800)
    for name in ["d1", "d2", "d3", "d4", "d1"] { _ = try open.detector(name) }
    #expect(open.loadedCount >= 1 && open.loadedCount < 4)
    #expect(open.budget.usedBytes <= 2800)
    #expect(throws: OODServiceError.self) { try open.reserve(3000, for: "everything") }
  }

  @Test func `a detector that was replaced meanwhile is not overwritten`() throws {
    let folder = try TemporaryFolder()
    let store = try Self.store(folder.file("s"))
    let first = try Self.save(store, "d", seed: 1)
    try Self.save(store, "d", seed: 2)
    #expect(throws: OODServiceError.replaced(name: "d")) {
      try store.save(
        Self.detector(seed: 3), as: "d", createdUnixNanoseconds: 0, replacing: first.digest)
    }
  }
}

/// Makes one call of the system fail, counted from 1.
private final class Fault: Sendable {
  private let failing: Int
  private let count = Atomic(0)

  init(at failing: Int) { self.failing = failing }

  func strikes(_ number: Int32) -> Bool {
    guard count.add(1, ordering: .relaxed).newValue == failing else { return false }
    errno = number
    return true
  }
}
