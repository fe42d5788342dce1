import Files
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Pipelines

@Suite struct ResultFolderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func write(_ text: String, calls: FileCalls = .system) throws {
    let results = ResultFolder(path: folder.path, calls: calls)
    try results.beginStaging()
    for name in ["a", "b", "c"] {
      var file = try AtomicFile(path: results.staging + "/" + name, calls: calls)
      try file.append(Array((text + name).utf8))
      try file.commit()
    }
    try results.commit()
  }

  private func contents() -> [String] {
    let results = ResultFolder(path: folder.path)
    return ["a", "b", "c"].map { name in
      FileManager.default.contents(atPath: results.file(name))
        .map { String(decoding: $0, as: UTF8.self) } ?? "none"
    }
  }

  @Test func `new files replace old ones together`() throws {
    try write("old ")
    #expect(contents() == ["old a", "old b", "old c"])
    try write("new ")
    #expect(contents() == ["new a", "new b", "new c"])
    #expect(try folder.names() == ["a", "b", "c"])
  }

  @Test(arguments: [ENOSPC, EIO])
  func `a failure of any call leaves all files old or all new`(errorNumber: Int32) throws {
    var failing = 0
    while true {
      try write("old ")
      let faults = FaultyCalls(failing: failing, errorNumber: errorNumber)
      do {
        try write("new ", calls: faults.calls)
      } catch is FileError {
        let found = contents()
        #expect(
          found == ["old a", "old b", "old c"] || found == ["new a", "new b", "new c"],
          "call \(failing): \(found)")
        try ResultFolder(path: folder.path).finishMoving()
        #expect(contents() == found, "call \(failing)")
        failing += 1
        continue
      }
      #expect(failing == faults.count)
      break
    }
    #expect(failing > 9)
  }
}

/// The system's calls, of which the one with a given number fails.
final class FaultyCalls: Sendable {
  private let failing: Int
  private let errorNumber: Int32
  private let counter = Atomic(0)

  init(failing: Int, errorNumber: Int32) {
    self.failing = failing
    self.errorNumber = errorNumber
  }

  /// The calls so far.
  var count: Int { counter.load(ordering: .relaxed) }

  var calls: FileCalls {
    var calls = FileCalls.system
    calls.write = { self.fails() ? -1 : FileCalls.system.write($0, $1, $2) }
    calls.sync = { self.fails() ? -1 : FileCalls.system.sync($0) }
    calls.rename = { self.fails() ? -1 : FileCalls.system.rename($0, $1) }
    return calls
  }

  private func fails() -> Bool {
    guard counter.add(1, ordering: .relaxed).oldValue == failing else { return false }
    errno = errorNumber
    return true
  }
}
