import AutodidactClient
import TTRPC
import TestSupport

/// Fake daemons behind real sockets.
struct FakeSuite {
  let encoder: FakeEncoder
  let teacher = FakeTeacher()
  let detectors = FakeDetectors()
  let inference: FakeInference
  let judge = FakeJudge()

  init(encoder: FakeEncoder = FakeEncoder(), inference: FakeInference = FakeInference()) {
    self.encoder = encoder
    self.inference = inference
  }

  /// Calls `body` with a client of the running daemons.
  func run(_ body: (Autodidact) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let server = TTRPCServer(
      configuration: ServerConfiguration(),
      services: [
        encoder.service, teacher.service, detectors.service, inference.service, judge.service,
      ])
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let suite = Self.client(of: folder.path)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { start.finish() }
        try await server.run(
          listening: DaemonName.allCases.map { .path(folder.file("\($0.rawValue).sock")) }
        ) { start.finish() }
      }
      for await _ in started {}
      let result: Result<Void, any Error>
      do {
        result = .success(try await body(suite))
      } catch {
        result = .failure(error)
      }
      await suite.close()
      server.beginGracefulShutdown(deadline: .zero)
      try await group.waitForAll()
      try result.get()
    }
  }

  /// A client that looks for sockets in one folder.
  static func client(of folder: String) -> Autodidact {
    Autodidact(
      locator: SocketLocator(
        environment: ["AUTODIDACT_RUNTIME_DIR": folder], userID: 0, fileExists: { _ in true }))
  }
}
