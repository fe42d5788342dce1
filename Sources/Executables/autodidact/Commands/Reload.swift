import ArgumentParser
import AutodidactClient
import Messages
import TTRPC

/// Makes daemons read their configuration again.
struct Reload: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload", abstract: "Make daemons read their configuration again.",
    discussion: """
      Returns when the new configuration holds. The log level and the access rules change at once;
      what else is different waits for a restart and is listed. A wrong configuration changes
      nothing and is reported.

        autodidact reload encoder
        autodidact reload ood teacher --format json
      """)

  @Argument(help: "encoder, ood, teacher, inference or judge.") var services: [String]
  @Option(name: .shortAndLong, help: "Seconds to wait for each answer.") var timeout = 30.0
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard !services.isEmpty else { throw ValidationError("name a daemon to reload") }
    for name in services where DaemonName(rawValue: name) == nil {
      let known = DaemonName.allCases.map { $0.rawValue }.joined(separator: ", ")
      throw ValidationError("there is no daemon \"\(name)\" (known: \(known))")
    }
    guard timeout > 0, timeout <= 3600 else {
      throw ValidationError("--timeout is \(timeout), expected more than 0 and at most 3600")
    }
  }

  func run() async throws {
    let suite = AutodidactClient.Autodidact()
    var outcomes: [Outcome] = []
    for daemon in services.compactMap({ DaemonName(rawValue: $0) }) {
      let answer = try await suite.control(of: daemon).reload(
        ReloadRequest(), options: CallOptions(timeout: .seconds(timeout)))
      outcomes.append(
        Outcome(
          daemon: daemon.rawValue,
          changed: Dictionary(
            answer.changed.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }),
          needsRestart: answer.needsRestart))
    }
    await suite.close()
    try format.printResult(outcomes, text: outcomes.map { $0.text }.joined(separator: "\n"))
  }

  /// What a reload did to one daemon.
  struct Outcome: Encodable {
    var daemon: String
    var changed: [String: String]
    var needsRestart: [String]

    /// One line for people.
    var text: String {
      var parts = changed.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      if !needsRestart.isEmpty {
        parts.append("waiting for a restart: \(needsRestart.joined(separator: ", "))")
      }
      return "\(daemon)  \(parts.isEmpty ? "nothing changed" : parts.joined(separator: "; "))"
    }
  }
}
