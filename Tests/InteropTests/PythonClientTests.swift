import EchoServices
import Foundation
import TTRPC
import Testing

/// The Python client's own tests, run against our server.
@Suite(.timeLimit(.minutes(5)))
struct PythonClientTests {
  /// Debian's Python before another, for it is the one that python3-protobuf serves.
  private static let python =
    ["/usr/bin/python3"].first { FileManager.default.isExecutableFile(atPath: $0) }
    ?? Programs.find("python3")

  @Test(.enabled(if: python != nil, "needs python3"))
  func `the Python client passes its tests`() async throws {
    let python = try #require(Self.python)
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
