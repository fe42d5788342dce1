import Files
import Foundation
import Glibc
import Messages
import Synchronization
import TestSupport
import Testing

@testable import Pipelines

@Suite struct FeatureStoreTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func append(_ store: FeatureStore, _ rows: [[Float]]) throws {
    try rows.flatMap { $0 }.withUnsafeBytes {
      try store.append($0, rowCount: rows.count, truncatedCount: 1)
    }
  }

  private func filled() throws -> FeatureStore {
    let store = try FeatureStore(folder: folder.file("s"))
    try append(store, [[1, 2], [3, 4]])
    try append(store, [[5, 6]])
    return store
  }

  @Test func `a journal that cannot be opened is refused and no descriptor closed twice`() throws {
    try Folder.create(folder.file("s"))
    try Folder.create(folder.file("s/chunks.journal"))
    let isClosedTwice = usesClosedDescriptor {
      do throws(FileError) {
        _ = try FeatureStore(folder: folder.file("s"))
        Issue.record("a folder was opened as a journal")
      } catch {
        // The error itself is not what this test is about.
      }
    }
    #expect(!isClosedTwice)
  }

  @Test func `rows come back in any order`() throws {
    let store = try filled()
    #expect(try store.tensor(ofRows: [2, 0, 2]).floats() == [5, 6, 1, 2, 5, 6])
    #expect(store.truncatedCount == 2)
  }

  @Test func `what was stored is there after opening again`() throws {
    _ = try filled()
    let store = try FeatureStore(folder: folder.file("s"))
    #expect(store.rowCount == 3)
    #expect(store.dimensions == 2)
    #expect(try store.tensor(ofRows: 0..<3).floats() == [1, 2, 3, 4, 5, 6])
  }

  @Test(arguments: ["rows.f32", "chunks.journal"])
  func `every cut of a file leaves whole chunks only`(name: String) throws {
    _ = try filled()
    let path = folder.file("s/" + name)
    let whole = try Data(contentsOf: URL(filePath: path))
    for count in (0..<whole.count).reversed() {
      _ = try filled()
      truncate(path, count)
      let store = try FeatureStore(folder: folder.file("s"))
      #expect([0, 2].contains(store.rowCount), "\(name) cut to \(count)")
      try append(store, store.rowCount == 0 ? [[1, 2], [3, 4], [5, 6]] : [[5, 6]])
      #expect(try store.tensor(ofRows: 0..<3).floats() == [1, 2, 3, 4, 5, 6])
      try Folder.remove(folder.file("s"))
    }
  }

  @Test func `a flipped bit ends the stored rows before it`() throws {
    _ = try filled()
    let path = folder.file("s/rows.f32")
    var bytes = Array(try Data(contentsOf: URL(filePath: path)))
    bytes[17] ^= 1
    try Data(bytes).write(to: URL(filePath: path))
    #expect(try FeatureStore(folder: folder.file("s")).rowCount == 2)
  }
}
