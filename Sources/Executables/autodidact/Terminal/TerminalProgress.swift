import Glibc
import Pipelines
import Synchronization

/// Shows on the standard error how far a pipeline is: a bar on a terminal, else a line now and
/// then.
final class TerminalProgress: Sendable {
  private struct State {
    var stage = ""
    var stageStart: ContinuousClock.Instant
    var lastShown: ContinuousClock.Instant?
    var isBarShown = false
  }

  private static let barPeriod = Duration.milliseconds(100)
  private static let linePeriod = Duration.seconds(5)
  private static let barWidth = 28

  private let state: Mutex<State>
  private let isQuiet: Bool
  private let isTerminal: Bool
  private let clock = ContinuousClock()

  /// A display that starts now; a quiet one shows nothing.
  init(isQuiet: Bool = false, isTerminal: Bool = StandardError.isTerminal) {
    self.isQuiet = isQuiet
    self.isTerminal = isTerminal
    state = Mutex(State(stageStart: ContinuousClock().now))
  }

  /// Receives a pipeline's events.
  var observer: PipelineObserver {
    { [self] event in show(event) }
  }

  /// Takes the bar away, before a result is printed.
  func finish() {
    state.withLock { state in clearBar(&state) }
  }

  private func show(_ event: PipelineEvent) {
    guard !isQuiet else { return }
    state.withLock { state in
      switch event {
      case .note(let text):
        clearBar(&state)
        StandardError.write("note: \(text)\n")
      case .round(let round):
        clearBar(&state)
        StandardError.write(ResultTable.line(of: round) + "\n")
      case .progress(let stage, let done, let total):
        showProgress(&state, stage, done, total)
      }
    }
  }

  private func showProgress(_ state: inout State, _ stage: String, _ done: Int, _ total: Int) {
    let now = clock.now
    if stage != state.stage {
      state.stage = stage
      state.stageStart = now
      if !isTerminal { state.lastShown = nil }
    }
    let period = isTerminal ? Self.barPeriod : Self.linePeriod
    let isLast = total > 0 && done >= total
    if let last = state.lastShown, now - last < period, !(isLast && isTerminal) { return }
    state.lastShown = now
    let line = Self.line(
      stage: stage, done: done, total: total, elapsed: now - state.stageStart,
      isTerminal: isTerminal)
    if isTerminal {
      StandardError.write("\r\u{1b}[2K" + line)
      state.isBarShown = true
    } else {
      StandardError.write(line + "\n")
    }
  }

  private func clearBar(_ state: inout State) {
    guard state.isBarShown else { return }
    StandardError.write("\r\u{1b}[2K")
    state.isBarShown = false
  }

  /// One line of progress, with the time that is left where it can be told.
  static func line(
    stage: String, done: Int, total: Int, elapsed: Duration, isTerminal: Bool
  ) -> String {
    guard total > 0 else { return done > 0 ? "\(stage) · \(done.grouped)" : stage }
    let share = min(1, Double(done) / Double(total))
    let counts = "\(done.grouped) of \(total.grouped)"
    var line = "\(stage) · \(counts)"
    if isTerminal {
      let filled = Int(share * Double(barWidth))
      let bar =
        String(repeating: "━", count: filled)
        + String(repeating: "┄", count: barWidth - filled)
      line = "\(stage) \(bar) \((share * 100).fixed(0)) % · \(counts)"
    }
    let seconds = elapsed / .seconds(1)
    if share > 0.02, share < 1, seconds > 1 {
      line += " · \(timeLeft(seconds * (1 - share) / share))"
    }
    return line
  }

  private static func timeLeft(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded(.up))
    return seconds < 90 ? "\(seconds) s left" : "\((seconds + 30) / 60) min left"
  }
}
