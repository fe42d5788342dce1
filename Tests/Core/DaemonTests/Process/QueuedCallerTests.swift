import Glibc
import Messages
import TestSupport
import Testing

@testable import Daemon

@Suite struct QueuedCallerTests {
  @Test func `a caller from before the daemon's start is told that the service serves`()
    async throws
  {
    let socket = try ListeningSocketFile()
    let descriptor = socket.descriptor
    let caller = try QueuedCaller(path: socket.path)
    try caller.askHealth(of: "test.Echo")
    let code = try await TestDaemon.with(
      hosted: { host in
        host.environment["LISTEN_PID"] = "\(host.processID)"
        host.environment["LISTEN_FDS"] = "1"
        host.environment["LISTEN_FDNAMES"] = "encoder"
        host.firstDescriptor = descriptor
      }
    ) { _ in
      // A response on stream 1 whose payload (field 2) says SERVING (field 1 is 1).
      let answer = try caller.answer(count: 14)
      #expect(answer == [0, 0, 0, 4, 0, 0, 0, 1, 2, 0, 0x12, 2, 8, 1])
    }
    #expect(code == 0)
    withExtendedLifetime(socket) {}
  }
}

/// A connection that waits in the queue of a listening socket, with a request already written.
private struct QueuedCaller: Sendable {
  private let descriptor: Int32

  init(path: String) throws {
    descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
  }

  func askHealth(of service: String) throws {
    var request = HealthCheckRequest()
    request.service = service
    let payload = try request.encoded()
    let name = Array("autodidact.v1.Health".utf8)
    let body =
      [0x0a, UInt8(name.count)] + name + [0x12, 5] + Array("Check".utf8)
      + [0x1a, UInt8(payload.count)] + payload
    let frame: [UInt8] = [0, 0, 0, UInt8(body.count), 0, 0, 0, 1, 1, 0] + body
    try #require(write(descriptor, frame, frame.count) == frame.count)
  }

  func answer(count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try #require(recv(descriptor, &bytes, count, Int32(MSG_WAITALL)) == count)
    close(descriptor)
    return bytes
  }
}
