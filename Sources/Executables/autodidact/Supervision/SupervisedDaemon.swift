import Foundation
import ServiceLifecycle

/// Keeps one daemon running until the suite stops.
struct SupervisedDaemon: Service {
  /// A daemon for which starting again would not help.
  struct GaveUp: Error, CustomStringConvertible {
    let name: String
    let exitCode: Int32
    var description: String {
      "autodidact-\(name) ended with exit code \(exitCode) and would again; see its last lines"
    }
  }

  let name: String
  let executable: String
  let arguments: [String]
  let environment: [String: String]
  /// Prints a line about the daemon.
  let say: @Sendable (String) -> Void

  func run() async throws {
    var policy = RestartPolicy()
    var attempt = 0
    while !Task.isCancelled, !Task.isShuttingDownGracefully {
      attempt += 1
      let clock = ContinuousClock()
      let start = clock.now
      let code = try await runOnce(attempt)
      if Task.isShuttingDownGracefully || Task.isCancelled { break }
      switch policy.decision(exitCode: code, after: clock.now - start) {
      case .giveUp: throw GaveUp(name: name, exitCode: code)
      case .restart(let pause):
        say("ended with exit code \(code), starting again in \(pause)")
        // ignoring: the end of the suite, which the loop sees.
        try? await cancelWhenGracefulShutdown { try await clock.sleep(for: pause) }
      }
    }
  }

  private func runOnce(_ attempt: Int) async throws -> Int32 {
    let socket = NotifySocket(
      name: "autodidact-up-\(ProcessInfo.processInfo.processIdentifier)-\(name)-\(attempt)")
    defer { socket?.end() }
    var variables = environment
    variables["NOTIFY_SOCKET"] = socket?.address
    let child = try ChildProcess(
      executable: executable, arguments: arguments, environment: variables, onLine: say)
    return await withTaskGroup(of: Int32?.self) { group in
      if let socket {
        group.addTask {
          for await message in socket.messages where message.hasPrefix("READY=1") {
            say("ready")
          }
          return nil
        }
      }
      let code = await end(of: child)
      socket?.end()
      group.cancelAll()
      return code
    }
  }

  /// Waits for the child; asks it to stop with the suite, and ends it when waiting is over.
  private func end(of child: ChildProcess) async -> Int32 {
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await child.exitCode()
      } onGracefulShutdown: {
        child.signal(SIGTERM)
      }
    } onCancel: {
      child.signal(SIGKILL)
    }
  }
}
