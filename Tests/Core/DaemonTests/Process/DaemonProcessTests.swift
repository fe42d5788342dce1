import ArgumentParser
import Foundation
import Glibc
import Messages
import TTRPC
import Testing

@testable import Daemon

@Suite struct DaemonProcessTests {
  struct Wrong: Error {}

  @Test func `a daemon is ready only after its self-check and answers then`() async throws {
    let code = try await TestDaemon.with(
      selfCheck: {}
    ) { daemon in
      let answer = try await daemon.echo()
      #expect(answer == [1, 2, 3])
      let texts = daemon.notified.texts.filter { !$0.hasPrefix("EXTEND_TIMEOUT") }
      #expect(
        texts == [
          "STATUS=starting", "STATUS=checking its own results", "READY=1\nSTATUS=serving",
        ])
    }
    #expect(code == 0)
  }

  @Test func `a failed self-check refuses to serve and names the cause`() async throws {
    let code = try await TestDaemon.with(selfCheck: { throw Wrong() }) { daemon in
      #expect(!daemon.notified.texts.contains { $0.hasPrefix("READY") })
      #expect(daemon.logged.texts.contains { $0.contains("self-check failed") })
      #expect(daemon.logged.texts.contains { $0.contains("Wrong()") })
    }
    #expect(code == 70)
  }

  @Test func `wrong configuration exits with 78 and the nearest key`() async throws {
    let code = try await TestDaemon.with(settings: ["log.levle=debug"]) { daemon in
      #expect(daemon.logged.texts.contains { $0.contains("did you mean \"log.level\"?") })
    }
    #expect(code == 78)
  }

  @Test func `the socket is made with mode 0660 and removed at the end`() async throws {
    let path = Recorded()
    try await TestDaemon.with { daemon in
      var status = stat()
      #expect(stat(daemon.socketPath, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o660)
      path.append(daemon.socketPath)
    }
    #expect(!FileManager.default.fileExists(atPath: path.texts[0]))
  }

  @Test func `a second daemon says who serves the socket`() async throws {
    try await TestDaemon.with { first in
      let code = try await TestDaemon.with(settings: ["socket.path=\(first.socketPath)"]) {
        #expect($0.logged.texts.contains { $0.contains("already served by process \(getpid())") })
      }
      #expect(code == 1)
      let answer1 = try await first.echo()
      #expect(answer1 == [1, 2, 3])
    }
  }

  @Test func `a socket of systemd is served by name`() async throws {
    let socket = try ListeningSocketFile()
    let descriptor = socket.descriptor
    let code = try await TestDaemon.with(
      hosted: { host in
        host.environment["LISTEN_PID"] = "\(host.processID)"
        host.environment["LISTEN_FDS"] = "1"
        host.environment["LISTEN_FDNAMES"] = "encoder"
        host.firstDescriptor = descriptor
      }
    ) { daemon in
      let client = TTRPCClient(socketPath: socket.path)
      let answer = try await client.unary(
        service: "test.Echo", method: "Echo", payload: Payload(bytes: [7]))
      #expect(answer.bytes == [7])
      #expect(!FileManager.default.fileExists(atPath: daemon.socketPath))
    }
    #expect(code == 0)
    // The socket belongs to systemd: it stays where it is.
    #expect(FileManager.default.fileExists(atPath: socket.path))
  }

  @Test func `a socket of another name is refused`() async throws {
    let socket = try ListeningSocketFile()
    let descriptor = socket.descriptor
    let code = try await TestDaemon.with(
      hosted: { host in
        host.environment["LISTEN_PID"] = "\(host.processID)"
        host.environment["LISTEN_FDS"] = "1"
        host.environment["LISTEN_FDNAMES"] = "ood"
        host.firstDescriptor = descriptor
      }
    ) { daemon in
      #expect(daemon.logged.texts.contains { $0.contains("FileDescriptorName=encoder") })
    }
    #expect(code == 1)
    withExtendedLifetime(socket) {}
  }

  @Test func `SIGTERM ends a real process with exit code 0`() async {
    await #expect(processExitsWith: .exitCode(0)) {
      var host = DaemonHost.current
      host.environment = ["HOME": "/nonexistent"]
      host.notifier = SupervisorNotifier { text in
        if text.hasPrefix("READY=1") { kill(getpid(), SIGTERM) }
      }
      let folder = "/tmp/autodidact-term-\(getpid())"
      let options = DaemonOptions.parsed(["runtime.dir=\(folder)", "state.dir=\(folder)"])
      try await DaemonProcess.run(name: "encoder", options: options, host: host) { _ in
        DaemonParts(services: [TestDaemon.echo])
      }
      try FileManager.default.removeItem(atPath: folder)
      exit(0)
    }
  }
}

@Suite struct DrainTests {
  /// A call that waits until it is let go.
  private final class Gate: Sendable {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let entered = Recorded()

    var service: RPCService {
      RPCService(
        name: "test.Gate",
        methods: [
          RPCMethod(
            name: "Wait",
            handler: .unary { payload, _ in
              self.entered.append("entered")
              for await _ in self.stream {}
              return payload
            })
        ])
    }
  }

  @Test func `what was read is answered, later calls are told to come again`() async throws {
    let gate = Gate()
    let code = try await TestDaemon.with(services: [gate.service, TestDaemon.echo]) { daemon in
      async let answer = daemon.client.unary(
        service: "test.Gate", method: "Wait", payload: Payload(bytes: [9]))
      await gate.entered.wait(count: 1)
      daemon.stop()
      await daemon.notified.wait { $0.hasPrefix("STOPPING=1") }
      // Calls that are read before the drain begins are answered; one is the first that is not.
      var late: RPCError?
      while late == nil {
        do throws(RPCError) {
          _ = try await daemon.client.unary(
            service: "test.Echo", method: "Echo", payload: Payload(),
            options: CallOptions(timeout: .milliseconds(200)))
        } catch {
          late = error
        }
      }
      #expect(late?.code == .unavailable || late?.code == .deadlineExceeded)
      gate.continuation.finish()
      let bytes = try await answer.bytes
      #expect(bytes == [9])
    }
    #expect(code == 0)
  }

  @Test func `what must be closed is closed after the last answer`() async throws {
    let gate = Gate()
    let events = Recorded()
    let code = try await TestDaemon.with(
      services: [gate.service], close: { events.append("closed") }
    ) { daemon in
      async let answer = daemon.client.unary(
        service: "test.Gate", method: "Wait", payload: Payload(bytes: [9]))
      await gate.entered.wait(count: 1)
      daemon.stop()
      await daemon.notified.wait { $0.hasPrefix("STOPPING=1") }
      events.append("open")
      gate.continuation.finish()
      _ = try await answer
    }
    #expect(code == 0)
    #expect(events.texts == ["open", "closed"])
  }

  @Test func `a daemon that cannot close what it holds exits with 1`() async throws {
    let code = try await TestDaemon.with(close: { throw TestDaemon.Broken() }) { daemon in
      _ = try await daemon.echo()
    }
    #expect(code == 1)
  }

  @Test func `a watcher of the health sees the end coming`() async throws {
    try await TestDaemon.with { daemon in
      var request = HealthCheckRequest()
      request.service = "test.Echo"
      let call = try await daemon.client.stream(
        service: "grpc.health.v1.Health", method: "Watch", kind: .serverStreaming,
        payload: request.payload())
      var states: [ServingStatus] = []
      for try await payload in call.responses {
        states.append(try HealthCheckResponse(payload).status)
        daemon.stop()
      }
      #expect(states == [.serving, .notServing])
    }
  }

  @Test func `a call beyond the limit of running calls is refused`() async throws {
    let gate = Gate()
    try await TestDaemon.with(
      settings: ["limits.callCount=1"], services: [gate.service, TestDaemon.echo]
    ) { daemon in
      async let answer = daemon.client.unary(
        service: "test.Gate", method: "Wait", payload: Payload())
      await gate.entered.wait(count: 1)
      let error = await #expect(throws: RPCError.self) { try await daemon.echo() }
      #expect(error?.code == .resourceExhausted)
      gate.continuation.finish()
      _ = try await answer
    }
  }
}
