import Glibc

/// A listening socket whose answers a test writes frame by frame.
final class ScriptedServer: Sendable {
  private let descriptor: Int32

  init(path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard withAddress(path, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 16) == 0 else {
      throw RawPeer.Failure.system("listen", errno)
    }
  }

  deinit {
    close(descriptor)
  }

  /// Waits for the next client.
  func accept() async throws -> RawPeer {
    let descriptor = self.descriptor
    return try await offPool {
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard Glibc.poll(&poll, 1, 50_000) > 0 else { throw RawPeer.Failure.timeout }
      let peer = Glibc.accept(descriptor, nil, nil)
      guard peer >= 0 else { throw RawPeer.Failure.system("accept", errno) }
      return RawPeer(descriptor: peer)
    }
  }
}
