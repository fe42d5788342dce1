import Glibc
import Files
import ModelFiles
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The system's calls, of which the one with the number `failing` fails.
  private func calls(failing: Int, errorNumber: Int32) -> (FileCalls, @Sendable () -> Int) {
    let count = Counter()
    @Sendable func fails() -> Bool {
      guard count.next() == failing else { return false }
      errno = errorNumber
      return true
    }
    let system = FileCalls.system
    var calls = system
    calls.write = { fails() ? -1 : system.write($0, $1, $2) }
    calls.sync = { fails() ? -1 : system.sync($0) }
    calls.rename = { fails() ? -1 : system.rename($0, $1) }
    return (calls, { count.value })
  }

  @Test func `a failure of any call leaves the old file or the new one`() throws {
    let path = folder.file("m.npy")
    let old = Matrix<Float>(rowCount: 1, columnCount: 1, elements: [1])
    let new = Matrix<Float>(rowCount: 1, columnCount: 2, elements: [2, 3])
    var failing = 0
    while true {
      try old.writeNumpy(to: path)
      let (faulty, count) = calls(failing: failing, errorNumber: ENOSPC)
      do {
        try new.writeNumpy(to: path, calls: faulty)
        #expect(count() == failing, "call \(failing) was made and its failure was lost")
        break
      } catch {
        let found = try NumpyFile(path: path).matrix()
        #expect(found == old || found == new, "call \(failing)")
        #expect(try folder.names() == ["m.npy"], "call \(failing)")
        guard case .file(.diskFull) = error else {
          Issue.record("call \(failing): \(error)")
          return
        }
      }
      failing += 1
    }
    #expect(failing >= 5)
  }

  @Test func `an interrupted write goes on`() throws {
    let (interrupted, _) = calls(failing: 0, errorNumber: EINTR)
    let matrix = Matrix<Float>(rowCount: 1, columnCount: 2, elements: [2, 3])
    try matrix.writeNumpy(to: folder.file("m.npy"), calls: interrupted)
    #expect(try NumpyFile(path: folder.file("m.npy")).matrix() == matrix)
  }

  @Test func `a file that is not committed leaves nothing`() throws {
    do {
      var file = try AtomicFile(path: folder.file("a"))
      try file.append([UInt8](repeating: 1, count: 10))
      // A kill now would leave nothing either: the file has no name yet.
      #expect(try folder.names() == [])
    }
    #expect(try folder.names() == [])
  }

  @Test func `a name that a killed process left is taken over`() throws {
    let path = folder.file("a")
    var file = try AtomicFile(path: path)
    try file.append([1, 2, 3])
    for descriptor in 3..<64 { _ = try folder.write("a.partial-\(getpid())-\(descriptor)", [9]) }
    try file.commit()
    let bytes = try Array(MappedFile(path: path).withUnsafeBytes { Array($0) })
    #expect(bytes == [1, 2, 3])
  }

  @Test func `a folder that is missing is an error with the path`() throws {
    let path = folder.file("none/a")
    #expect(throws: FileError.notFound(path: path)) { _ = try AtomicFile(path: path) }
  }
}

private final class Counter: Sendable {
  private let count = Atomic(0)
  var value: Int { count.load(ordering: .relaxed) }

  func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
}
