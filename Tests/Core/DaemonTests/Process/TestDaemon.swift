import ArgumentParser
import Glibc
import Logging
import Messages
import ServiceLifecycle
import ServiceLifecycleTestKit
import TTRPC
import TestSupport

@testable import Daemon

/// A daemon that runs inside the test, with everything that it says recorded.
struct TestDaemon: Sendable {
  let client: TTRPCClient
  let socketPath: String
  /// What the supervisor heard.
  let notified: Recorded
  /// What was logged.
  let logged: Recorded
  let folder: TemporaryFolder
  let stop: @Sendable () -> Void

  /// Runs a daemon while `body` runs, stops it afterwards and returns its exit code.
  @discardableResult
  static func with(
    settings: [String] = [], config: String? = nil, services: [RPCService] = [echo],
    selfCheck: (@Sendable () async throws -> Void)? = nil,
    close: (@Sendable () async throws -> Void)? = nil,
    hosted: (inout DaemonHost) -> Void = { _ in },
    _ body: @escaping @Sendable (TestDaemon) async throws -> Void
  ) async throws -> Int32 {
    let folder = try TemporaryFolder()
    let notified = Recorded()
    let logged = Recorded()
    var options = DaemonOptions.parsed(
      settings + ["runtime.dir=\(folder.path)", "state.dir=\(folder.file("state"))"])
    options.config = try config.map { try folder.write("configuration.json", Array($0.utf8)) }
    var host = host(notified, logged)
    hosted(&host)
    let (given, process) = (options, host)
    return try await testGracefulShutdown { trigger in
      let daemon = TestDaemon(
        client: TTRPCClient(socketPath: folder.file("encoder.sock")),
        socketPath: folder.file("encoder.sock"), notified: notified, logged: logged,
        folder: folder, stop: { trigger.triggerGracefulShutdown() })
      return try await withThrowingTaskGroup(of: Int32?.self) { group in
        group.addTask {
          defer { notified.append("ENDED=1") }
          return await exitCode {
            try await DaemonProcess.run(name: "encoder", options: given, host: process) { _ in
              var parts = DaemonParts(services: services)
              parts.selfCheck = selfCheck
              parts.close = close
              parts.kernelPath = "portable"
              return parts
            }
          }
        }
        group.addTask {
          await notified.wait { $0.hasPrefix("READY=1") || $0 == "ENDED=1" }
          defer { trigger.triggerGracefulShutdown() }
          try await body(daemon)
          return nil
        }
        var code: Int32 = 0
        for try await result in group { code = result ?? code }
        return code
      }
    }
  }

  private static func host(_ notified: Recorded, _ logged: Recorded) -> DaemonHost {
    var host = DaemonHost.current
    host.environment = ["HOME": "/nonexistent"]
    host.notifier = SupervisorNotifier { notified.append($0) }
    host.stopSignals = []
    host.reloadSignals = []
    host.logHandler = RecordingLogHandler(recorded: logged)
    return host
  }

  private static func exitCode(_ run: () async throws -> Void) async -> Int32 {
    do {
      try await run()
      return 0
    } catch {
      return (error as? ExitCode)?.rawValue ?? -1
    }
  }

  /// A service whose `Echo` returns its request.
  static let echo = RPCService(
    name: "test.Echo",
    methods: [
      RPCMethod(name: "Echo", isIdempotent: true, handler: .unary { payload, _ in payload }),
      RPCMethod(name: "Fail", handler: .unary { _, _ in throw Broken() }),
    ])

  struct Broken: Error {}
}

extension TestDaemon {
  /// Calls `test.Echo/Echo`.
  func echo(_ bytes: [UInt8] = [1, 2, 3]) async throws(RPCError) -> [UInt8] {
    try await client.unary(
      service: "test.Echo", method: "Echo", payload: Payload(bytes: bytes)
    ).bytes
  }

  /// Calls a method of the daemon's own services.
  func call<Response: WireMessage>(
    _ service: String, _ method: String, _ request: some WireMessage, as type: Response.Type
  ) async throws -> Response {
    try await Response(
      client.unary(service: service, method: method, payload: request.payload()))
  }

  /// Asks for the health of a service.
  func health(
    of service: String, by name: String = "autodidact.v1.Health"
  ) async throws -> ServingStatus {
    var request = HealthCheckRequest()
    request.service = service
    return try await call(name, "Check", request, as: HealthCheckResponse.self).status
  }
}

extension DaemonOptions {
  /// The options of a command line that sets keys.
  static func parsed(_ settings: [String]) -> DaemonOptions {
    do {
      return try DaemonOptions.parse(settings.flatMap { ["--set", $0] })
    } catch {
      preconditionFailure("\(settings): \(error)")
    }
  }
}
