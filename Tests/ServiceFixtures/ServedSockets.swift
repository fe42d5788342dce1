package import AutodidactClient
package import ServiceLifecycle
package import TTRPC
package import TestSupport

/// A client that looks for the sockets of all daemons in one folder.
package func suiteClient(in folder: String) -> Autodidact {
  Autodidact(
    locator: SocketLocator(environment: ["AUTODIDACT_RUNTIME_DIR": folder], userID: 0) { _ in true }
  )
}

/// Serves `services` on the sockets of `daemons` in a folder, with what has to run beside them, and
/// runs `body` with a client of them.
///
/// The error of `body` is thrown when all has ended.
package func withServices(
  _ services: [RPCService], on daemons: [DaemonName], in sockets: TemporaryFolder,
  beside background: [any Service] = [],
  _ body: (Autodidact) async throws -> Void
) async throws {
  let server = TTRPCServer(configuration: ServerConfiguration(), services: services)
  let suite = suiteClient(in: sockets.path)
  let (started, start) = AsyncStream.makeStream(of: Void.self)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      defer { start.finish() }
      try await server.run(
        listening: daemons.map { .path(sockets.file("\($0.rawValue).sock"), mode: 0o600) }
      ) { start.finish() }
    }
    for service in background { group.addTask { try await service.run() } }
    for await _ in started {}
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(suite))
    } catch {
      result = .failure(error)
    }
    await suite.close()
    server.beginGracefulShutdown(deadline: .seconds(1))
    if background.isEmpty {
      try await group.waitForAll()
    } else {
      group.cancelAll()
      // ignoring: the server and what runs beside it end by cancellation.
      while case .failure? = await group.nextResult() {}
    }
    try result.get()
  }
}
