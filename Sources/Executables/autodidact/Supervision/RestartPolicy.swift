/// When a daemon that ended is started again.
///
/// Pauses double from one second to thirty; a daemon that ran for a minute starts afresh.
struct RestartPolicy: Sendable {
  /// What to do after an end.
  enum Decision: Sendable, Equatable {
    /// Start again after a pause.
    case restart(after: Duration)
    /// Starting again would not help.
    case giveUp
  }

  private var pause: Duration = .seconds(1)

  /// Decides after a daemon ended with `exitCode` after running for `duration`.
  mutating func decision(exitCode: Int32, after duration: Duration) -> Decision {
    // 78: wrong configuration. 70: failed self-check.
    guard exitCode != 78, exitCode != 70 else { return .giveUp }
    if duration >= .seconds(60) { pause = .seconds(1) }
    defer { pause = min(pause * 2, .seconds(30)) }
    return .restart(after: pause)
  }
}
