import Files
import TestSupport
import Testing

@Suite struct FolderLockTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `a lock that somebody holds is refused and its descriptor closed once`() throws {
    let held = try FolderLock(folder: folder.path)
    var failure: FolderLock.Failure?
    let isClosedTwice = usesClosedDescriptor {
      do throws(FolderLock.Failure) {
        _ = try FolderLock(folder: folder.path)
      } catch {
        failure = error
      }
    }
    guard case .held(folder.path, _) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(!isClosedTwice)
    _ = consume held
  }

  @Test func `a folder that is not there is refused and nothing is closed`() {
    let isClosedTwice = usesClosedDescriptor {
      #expect(throws: FolderLock.Failure.self) { _ = try FolderLock(folder: folder.file("none")) }
    }
    #expect(!isClosedTwice)
  }
}
