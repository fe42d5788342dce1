import Glibc
package import TTRPC

/// A socket path in a fresh folder that is removed with the value's scope.
package struct TemporarySocket: ~Copyable {
  private let folder: String

  /// Where the socket goes.
  package var path: String { folder + "/s.sock" }

  /// Makes the folder.
  package init() {
    var template = Array("/tmp/ttrpc-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    precondition(made != nil, "mkdtemp failed with \(errno)")
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    unlink(path)
    rmdir(folder)
  }

  /// Removes the socket of a server that died.
  package static func removeFile(_ path: String) {
    unlink(path)
  }
}

/// Runs `body` against a server on a temporary socket and stops the server afterwards.
package func withServer(
  limits: ServerLimits = ServerLimits(), configuration: ServerConfiguration? = nil,
  services: [RPCService] = EchoServices.all,
  _ body: (TTRPCServer, String) async throws -> Void
) async throws {
  let socket = TemporarySocket()
  let path = socket.path
  var configuration = configuration ?? ServerConfiguration()
  configuration.limits = limits
  let server = TTRPCServer(configuration: configuration, services: services)
  let (started, start) = AsyncStream.makeStream(of: Void.self)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      try await server.run(listening: [.path(path)]) { start.finish() }
      start.finish()
    }
    for await _ in started {}
    do {
      try await body(server, path)
    } catch {
      server.beginGracefulShutdown(deadline: .zero)
      throw error
    }
    server.beginGracefulShutdown(deadline: .zero)
    try await group.waitForAll()
  }
}
