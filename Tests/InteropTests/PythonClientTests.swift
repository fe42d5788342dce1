import EchoServices
import Foundation
import TTRPC
import Testing

/// The Python client's own tests, run against our server.
@Suite(.timeLimit(.minutes(5)))
struct PythonClientTests {
  @Test(.enabled(if: Programs.find("python3") != nil, "needs python3"))
  func `the Python client passes its tests`() async throws {
    guard let python = Programs.find("python3") else { return }
    let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().appendingPathComponent("Python")
    try await withServer { _, path in
      let outcome = try await Programs.run(
        python, ["-B", "-m", "unittest", "discover", "-s", folder.path],
        environment: ["TTRPC_TEST_SOCKET": path])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("OK"))
    }
  }
}
