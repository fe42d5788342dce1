import EchoServices
import Glibc
import Testing

@testable import TTRPC

/// Where a server listens, and where it refuses to.
@Suite(.timeLimit(.minutes(3)))
struct ListeningSocketTests {
  private func mode(_ path: String) -> UInt32 {
    var status = stat()
    return lstat(path, &status) == 0 ? UInt32(status.st_mode) & 0o777 : 0
  }

  @Test func `the file has the mode that was asked for and goes away with the server`()
    async throws
  {
    var path = ""
    try await withServer { _, socket in
      path = socket
      #expect(mode(socket) == 0o660)
    }
    #expect(access(path, F_OK) != 0)
  }

  @Test func `a stale socket is replaced`() async throws {
    let socket = TemporarySocket()
    let first = try ListeningSocket.path(socket.path, mode: 0o600).bind()
    close(first.descriptor)
    let second = try ListeningSocket.path(socket.path, mode: 0o600).bind()
    #expect(mode(socket.path) == 0o600)
    first.file?.remove()
    #expect(access(socket.path, F_OK) == 0, "the file of the new server stays")
    close(second.descriptor)
  }

  @Test func `a socket on which somebody listens is left alone`() async throws {
    try await withServer { _, path in
      #expect(throws: ListeningError.inUse(path: path)) {
        try ListeningSocket.path(path).bind()
      }
      let peer = try RawPeer(connectingTo: path)
      #expect(
        try await peer.exchange(.request(1, "Echo", payload: [1])) == .success(1, [1]))
    }
  }

  @Test func `a file that is no socket is left alone`() {
    let socket = TemporarySocket()
    close(open(socket.path, O_CREAT | O_WRONLY, 0o600))
    #expect(throws: ListeningError.notASocket(path: socket.path)) {
      try ListeningSocket.path(socket.path).bind()
    }
    #expect(access(socket.path, F_OK) == 0)
  }

  @Test func `paths that the kernel cannot take are refused with their length`() {
    let long = "/tmp/" + String(repeating: "x", count: 103)
    #expect(throws: ListeningError.pathLength(path: long, bytes: 108, limit: 107)) {
      try ListeningSocket.path(long).bind()
    }
    #expect(throws: ListeningError.pathLength(path: "", bytes: 0, limit: 107)) {
      try ListeningSocket.path("").bind()
    }
  }

  @Test func `a missing folder is named`() {
    let path = "/nonexistent/folder/s.sock"
    let error = #expect(throws: ListeningError.self) { try ListeningSocket.path(path).bind() }
    #expect(error?.description.contains(path) == true)
  }

  @Test func `an inherited descriptor is served and its file is left to its owner`() async throws {
    let socket = TemporarySocket()
    let path = socket.path
    let bound = try ListeningSocket.path(path).bind()
    let server = TTRPCServer(configuration: ServerConfiguration(), services: EchoServices.all)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run(listening: [.descriptor(bound.descriptor)]) }
      let peer = try RawPeer(connectingTo: path)
      #expect(
        try await peer.exchange(.request(1, "Echo", payload: [1])) == .success(1, [1]))
      server.beginGracefulShutdown(deadline: .zero)
      try await group.waitForAll()
    }
    #expect(access(path, F_OK) == 0)
  }

  @Test func `a descriptor that is no Unix socket is refused`() {
    let file = open("/dev/null", O_RDONLY)
    defer { close(file) }
    #expect(throws: ListeningError.descriptor(file)) { try ListeningSocket.descriptor(file).bind() }
  }
}
