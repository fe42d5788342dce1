import ServiceLifecycle
import ServiceLifecycleTestKit
import Testing

@testable import autodidact

@Suite struct SupervisedDaemonTests {
  private func daemon(_ script: String, _ say: @escaping @Sendable (String) -> Void)
    -> SupervisedDaemon
  {
    SupervisedDaemon(
      name: "encoder", executable: "/bin/sh", arguments: ["-c", script],
      environment: ["PATH": "/usr/bin:/bin"], say: say)
  }

  @Test func `a daemon with wrong configuration is given up with its last words`() async {
    let lines = Lines()
    let error = await #expect(throws: SupervisedDaemon.GaveUp.self) {
      try await daemon("echo wrong key >&2; exit 78") { lines.append($0) }.run()
    }
    #expect(error?.exitCode == 78)
    #expect(error?.description.contains("autodidact-encoder") == true)
  }

  @Test func `the end of the suite stops the daemon and starts it no more`() async throws {
    let (started, begin) = AsyncStream.makeStream(of: Void.self)
    let lines = Lines()
    try await testGracefulShutdown { trigger in
      try await withThrowingTaskGroup(of: Void.self) { group in
        let daemon = daemon("trap 'kill $!; exit 0' TERM; sleep 600 & echo up; wait") {
          lines.append($0)
          if $0 == "up" { begin.finish() }
        }
        group.addTask { try await daemon.run() }
        for await _ in started {}
        trigger.triggerGracefulShutdown()
        try await group.waitForAll()
      }
    }
    #expect(lines.all.filter { $0 == "up" }.count == 1)
  }
}
