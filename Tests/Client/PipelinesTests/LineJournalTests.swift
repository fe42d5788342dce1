import Files
import Foundation
import TestSupport
import Testing

@testable import Pipelines

@Suite struct LineJournalTests {
  private let lines = ["one", "", #"{"a": "…"}"#, "a longer line than the others"]

  private func written(_ folder: TemporaryFolder) throws -> Data {
    let journal = try LineJournal(path: folder.file("journal"))
    for line in lines { try journal.append(Array(line.utf8)) }
    try journal.sync()
    return try Data(contentsOf: URL(filePath: folder.file("journal")))
  }

  private func read(_ bytes: Data, _ folder: TemporaryFolder) throws -> LineJournal {
    try bytes.write(to: URL(filePath: folder.file("journal")))
    return try LineJournal(path: folder.file("journal"))
  }

  private func texts(_ journal: LineJournal) throws -> [String] {
    try (0..<journal.count).map { String(decoding: try journal.line($0), as: UTF8.self) }
  }

  @Test func `an exclusive journal is open once, and again when it was closed`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("journal")
    do {
      let journal = try LineJournal(path: path, isExclusive: true)
      #expect(throws: FileError.self) { try LineJournal(path: path, isExclusive: true) }
      try journal.append(Array("one".utf8))
    }
    #expect(try texts(LineJournal(path: path, isExclusive: true)) == ["one"])
  }

  @Test func `a journal that is cut anywhere keeps its whole lines and goes on`() throws {
    let folder = try TemporaryFolder()
    let bytes = try written(folder)
    for count in 0...bytes.count {
      let journal = try read(bytes.prefix(count), folder)
      let kept = journal.count
      #expect(try texts(journal) == Array(lines.prefix(kept)), "cut to \(count) bytes")
      #expect(bytes.prefix(count).count { $0 == 10 } == kept)
      try journal.append(Array("next".utf8))
      #expect(try texts(journal) == lines.prefix(kept) + ["next"])
      let again = try LineJournal(path: folder.file("journal"))
      #expect(try texts(again) == lines.prefix(kept) + ["next"])
    }
  }

  @Test func `a journal in which a byte changed keeps what stands before it`() throws {
    let folder = try TemporaryFolder()
    let bytes = try written(folder)
    for index in bytes.indices {
      var changed = bytes
      changed[index] ^= 0x11
      let journal = try read(changed, folder)
      let whole = bytes[..<index].count { $0 == 10 }
      #expect(journal.count == whole, "byte \(index)")
      #expect(try texts(journal) == Array(lines.prefix(whole)))
    }
  }

  @Test func `a write that fails loses nothing that was there`() throws {
    let folder = try TemporaryFolder()
    _ = try written(folder)
    let faults = FaultyCalls(failing: 0, errorNumber: ENOSPC)
    let journal = try LineJournal(path: folder.file("journal"), calls: faults.calls)
    #expect(throws: FileError.diskFull(path: folder.file("journal"))) {
      try journal.append(Array("lost".utf8))
    }
    #expect(try texts(LineJournal(path: folder.file("journal"))) == lines)
  }
}
