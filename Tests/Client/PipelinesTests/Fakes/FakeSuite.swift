import AutodidactClient
import ServiceFixtures
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
    try await withServices(
      [encoder.service, teacher.service, detectors.service, inference.service, judge.service],
      on: DaemonName.allCases, in: folder, body)
  }
}
