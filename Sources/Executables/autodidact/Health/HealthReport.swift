/// How the daemons are doing, and how that is printed.
struct HealthReport: Sendable {
  /// The state of one daemon.
  enum State: String, Sendable {
    /// It can do its work.
    case serving
    /// It answers and cannot do its work now.
    case notServing = "not_serving"
    /// It answers and does not know its own state.
    case unknown
    /// Nobody answers.
    case down
    /// This user may not ask.
    case forbidden
  }

  /// What one daemon answered.
  struct Entry: Sendable {
    let daemon: String
    let state: State
    /// How long the answer took.
    let seconds: Double
    /// What went wrong, empty if nothing did.
    let detail: String
  }

  /// From how many seconds on an answer is too slow for Nagios.
  struct Limits: Sendable {
    var warning: Double?
    var critical: Double?
  }

  var entries: [Entry]
  var limits = Limits()

  /// The exit code of the check for people: 0 if everything serves, else 1.
  var exitCode: Int32 { entries.allSatisfy { $0.state == .serving } ? 0 : 1 }

  /// The exit code of Nagios' plugins: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
  ///
  /// What is known to be broken counts more than what cannot be known.
  var nagiosExitCode: Int32 {
    let states = entries.map { $0.state }
    if states.contains(where: { $0 == .down || $0 == .notServing }) { return 2 }
    let slowest = measured.map { $0.seconds }.max() ?? 0
    if let critical = limits.critical, slowest >= critical { return 2 }
    if states.contains(.forbidden) || states.isEmpty { return 3 }
    if let warning = limits.warning, slowest >= warning { return 1 }
    return states.contains(.unknown) ? 1 : 0
  }

  /// The daemons that answered.
  private var measured: [Entry] { entries.filter { $0.state != .down && $0.state != .forbidden } }

  /// One aligned line for each daemon.
  var text: String {
    let width = entries.map { $0.daemon.count }.max() ?? 0
    return entries.map { entry in
      let name = entry.daemon + String(repeating: " ", count: width - entry.daemon.count)
      return entry.detail.isEmpty
        ? "\(name)  \(entry.state.rawValue)  \(milliseconds(entry.seconds)) ms"
        : "\(name)  \(entry.state.rawValue)  \(entry.detail)"
    }.joined(separator: "\n")
  }

  /// One line for Nagios with times as performance data; details on lines of their own.
  var nagios: String {
    let words = ["OK", "WARNING", "CRITICAL", "UNKNOWN"]
    let summary = entries.map { "\($0.daemon) \($0.state.rawValue)" }.joined(separator: ", ")
    let bounds = [limits.warning, limits.critical].map { $0.map { "\($0)" } ?? "" }
    let times = measured.map { "'\($0.daemon)'=\($0.seconds)s;\(bounds[0]);\(bounds[1]);0" }
      .joined(separator: " ")
    let first =
      "AUTODIDACT \(words[Int(nagiosExitCode)]) - \(summary.replacing("|", with: "/"))"
      + (times.isEmpty ? "" : " | \(times)")
    let details = entries.filter { !$0.detail.isEmpty }
      .map { "\($0.daemon): \($0.detail.replacing("|", with: "/"))" }
    return ([first] + details).joined(separator: "\n")
  }

  /// Whether each daemon serves and how long it took to say so, in Prometheus' text format.
  var prometheus: String {
    var text = """
      # HELP autodidact_up Whether the daemon can do its work.
      # TYPE autodidact_up gauge

      """
    for entry in entries {
      text += "autodidact_up{daemon=\"\(entry.daemon)\"} \(entry.state == .serving ? 1 : 0)\n"
    }
    guard !measured.isEmpty else { return text }
    text += """
      # HELP autodidact_health_answer_seconds Time that the daemon took to say how it is doing.
      # TYPE autodidact_health_answer_seconds gauge

      """
    for entry in measured {
      text += "autodidact_health_answer_seconds{daemon=\"\(entry.daemon)\"} \(entry.seconds)\n"
    }
    return text
  }

  private func milliseconds(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10_000).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
