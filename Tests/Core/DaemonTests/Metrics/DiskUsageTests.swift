import TestSupport
import Testing

@testable import Daemon

@Suite struct DiskUsageTests {
  @Test func `files of the folder and below count, a folder that is not there is nothing`() throws {
    let folder = try TemporaryFolder()
    let empty = try #require(diskUsage(of: folder.path))
    #expect(empty.freeBytes > 0)
    _ = try folder.write("a", [UInt8](repeating: 1, count: 100_000))
    let one = try #require(diskUsage(of: folder.path))
    #expect(one.usedBytes >= empty.usedBytes + 100_000)
    #expect(one.usedBytes < empty.usedBytes + 200_000)
    #expect(diskUsage(of: folder.file("nowhere")) == nil)
  }
}
