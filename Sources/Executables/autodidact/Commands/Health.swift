import ArgumentParser
import AutodidactClient
import Foundation
import Messages
import TTRPC

/// Asks the daemons how they are doing.
struct Health: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, nagios, prometheus }

  static let configuration = CommandConfiguration(
    commandName: "health", abstract: "Ask the daemons how they are doing.",
    discussion: """
      With --format nagios the exit code is 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
      (wrong usage too).

        autodidact health
        autodidact health encoder --format nagios --warning 0.5 --critical 2
        autodidact health --watch --format json
      """)

  @Argument(help: "encoder, ood, teacher, inference or judge; all without any.")
  var services: [String] = []
  @Option(help: "text, json, nagios or prometheus.") var format = Format.text
  @Option(name: .shortAndLong, help: "Seconds to wait for each answer.") var timeout = 10.0
  @Option(name: .shortAndLong, help: "Nagios: an answer after so many seconds is a WARNING.")
  var warning: Double?
  @Option(name: .shortAndLong, help: "Nagios: an answer after so many seconds is CRITICAL.")
  var critical: Double?
  @Flag(help: "Print each change until interrupted, as text or as a JSON object a line.")
  var watch = false

  func validate() throws {
    for name in services where DaemonName(rawValue: name) == nil {
      let known = DaemonName.allCases.map { $0.rawValue }.joined(separator: ", ")
      throw ValidationError("there is no daemon \"\(name)\" (known: \(known))")
    }
    guard timeout > 0, timeout <= 3600 else {
      throw ValidationError("--timeout is \(timeout), expected more than 0 and at most 3600")
    }
    for (name, seconds) in [("warning", warning), ("critical", critical)] {
      guard let seconds else { continue }
      guard format == .nagios else {
        throw ValidationError("--\(name) goes with --format nagios")
      }
      guard seconds > 0, seconds <= 3600 else {
        throw ValidationError("--\(name) is \(seconds), expected more than 0 and at most 3600")
      }
    }
    guard !watch || format == .text || format == .json else {
      throw ValidationError("--watch prints text or json, not \(format.rawValue)")
    }
  }

  func run() async throws {
    let suite = AutodidactClient.Autodidact()
    if watch { return await follow(suite) }
    let report = HealthReport(
      entries: await ask(suite),
      limits: HealthReport.Limits(warning: warning, critical: critical))
    switch format {
    case .text: print(report.text)
    case .nagios: print(report.nagios)
    case .prometheus: print(report.prometheus + (await metrics(suite, report)), terminator: "")
    case .json: try printJSON(report)
    }
    await suite.close()
    throw ExitCode(format == .nagios ? report.nagiosExitCode : report.exitCode)
  }

  private var daemons: [DaemonName] {
    services.isEmpty
      ? Up.available : services.compactMap { DaemonName(rawValue: $0) }
  }

  private func ask(_ suite: AutodidactClient.Autodidact) async -> [HealthReport.Entry] {
    await withTaskGroup(of: (Int, HealthReport.Entry).self) { group in
      for (index, daemon) in daemons.enumerated() {
        group.addTask { (index, await entry(of: daemon, suite)) }
      }
      var entries: [(Int, HealthReport.Entry)] = []
      for await answer in group { entries.append(answer) }
      return entries.sorted { $0.0 < $1.0 }.map { $0.1 }
    }
  }

  private func entry(
    of daemon: DaemonName, _ suite: AutodidactClient.Autodidact
  ) async -> HealthReport.Entry {
    let clock = ContinuousClock()
    let start = clock.now
    var state = HealthReport.State.unknown
    var detail = ""
    do throws(CallError) {
      let answer = try await suite.health(of: daemon).check(
        request(daemon), options: CallOptions(timeout: .seconds(timeout)))
      state = Self.state(of: answer.status)
    } catch {
      (state, detail) = (Self.state(of: error), error.message)
    }
    return HealthReport.Entry(
      daemon: daemon.rawValue, state: state, seconds: (clock.now - start) / .seconds(1),
      detail: detail)
  }

  private func metrics(
    _ suite: AutodidactClient.Autodidact, _ report: HealthReport
  ) async -> String {
    var text = ""
    for (daemon, entry) in zip(daemons, report.entries) where entry.state != .down {
      do throws(CallError) {
        text += try await suite.control(of: daemon).metrics(
          MetricsRequest(), options: CallOptions(timeout: .seconds(timeout))
        ).prometheusText
      } catch {
        // ignoring: autodidact_up already says what can be said about this daemon.
      }
    }
    return text
  }

  private func follow(_ suite: AutodidactClient.Autodidact) async {
    await withTaskGroup(of: Void.self) { group in
      for daemon in daemons { group.addTask { await follow(daemon, suite) } }
    }
  }

  /// Prints each new state of a daemon; asks again after a second where it went away.
  private func follow(_ daemon: DaemonName, _ suite: AutodidactClient.Autodidact) async {
    var last = ""
    while !Task.isCancelled {
      do throws(CallError) {
        let call = try await suite.health(of: daemon).watch(request(daemon))
        for try await answer in call.responses {
          show(daemon, Self.state(of: answer.status), &last)
        }
      } catch {
        show(daemon, Self.state(of: error), &last)
      }
      // ignoring: cancellation, which the loop sees.
      try? await Task.sleep(for: .seconds(1))
    }
  }

  private func show(_ daemon: DaemonName, _ state: HealthReport.State, _ last: inout String) {
    guard state.rawValue != last else { return }
    last = state.rawValue
    if format == .json {
      print("{\"daemon\":\"\(daemon.rawValue)\",\"state\":\"\(state.rawValue)\"}")
    } else {
      print("\(daemon.rawValue)  \(state.rawValue)")
    }
    fflush(nil)
  }

  private func request(_ daemon: DaemonName) -> HealthCheckRequest {
    var request = HealthCheckRequest()
    request.service = daemon.serviceName
    return request
  }

  private static func state(of status: ServingStatus) -> HealthReport.State {
    switch status {
    case .serving: .serving
    case .notServing: .notServing
    case .unknown, .serviceUnknown: .unknown
    }
  }

  private static func state(of error: CallError) -> HealthReport.State {
    switch error.code {
    case .permissionDenied, .unauthenticated: .forbidden
    case .notFound, .unimplemented: .unknown
    default: .down
    }
  }

  private func printJSON(_ report: HealthReport) throws {
    struct Row: Encodable {
      let daemon: String
      let state: String
      let seconds: Double
      let detail: String
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let rows = report.entries.map {
      Row(daemon: $0.daemon, state: $0.state.rawValue, seconds: $0.seconds, detail: $0.detail)
    }
    print(String(decoding: try encoder.encode(rows), as: UTF8.self))
  }
}
