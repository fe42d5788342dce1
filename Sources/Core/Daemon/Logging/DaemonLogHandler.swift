private import CSystemd
private import Glibc
package import Logging
private import Synchronization

/// The least severe level that a daemon logs, changeable while it runs.
package final class LogThreshold: Sendable {
  private static let levels = Logger.Level.allCases
  private let index: Atomic<Int>

  /// Creates a threshold.
  package init(_ level: Logger.Level) { index = Atomic(Self.index(of: level)) }

  /// The level.
  package var value: Logger.Level {
    get { Self.levels[index.load(ordering: .relaxed)] }
    set { index.store(Self.index(of: newValue), ordering: .relaxed) }
  }

  private static func index(of level: Logger.Level) -> Int {
    levels.firstIndex(of: level) ?? 0
  }
}

/// Writes log events to the journal with fields, or as lines of text.
package struct DaemonLogHandler: LogHandler {
  /// Where events go.
  package enum Destination: Sendable {
    /// The journal, with fields.
    case journal
    /// A descriptor, as lines of text.
    case text(descriptor: Int32, isColoured: Bool)
  }

  /// What every event carries.
  package var metadata: Logger.Metadata = [:]
  /// What the current task adds to every event.
  package var metadataProvider: Logger.MetadataProvider?
  private let identifier: String
  private let destination: Destination
  private let threshold: LogThreshold

  /// Creates a handler.
  ///
  /// - Parameters:
  ///   - identifier: the daemon's name, in every event.
  ///   - destination: where events go.
  ///   - threshold: the level that all handlers of the daemon share.
  package init(identifier: String, destination: Destination, threshold: LogThreshold) {
    self.identifier = identifier
    self.destination = destination
    self.threshold = threshold
  }

  /// The level that all handlers of the daemon share; setting it here changes it for all.
  package var logLevel: Logger.Level {
    get { threshold.value }
    set { threshold.value = newValue }
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one event.
  package func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
    if let given = event.metadata { all.merge(given) { $1 } }
    if let error = event.error { all["error"] = "\(error)" }
    switch destination {
    case .journal:
      let fields = journalFields(
        level: event.level, message: event.message.description, metadata: all,
        identifier: identifier, file: event.file, function: event.function, line: event.line)
      sendToJournal(fields)
    case .text(let descriptor, let isColoured):
      let line = textLine(
        time: timeOfDay(), level: event.level, message: event.message.description, metadata: all,
        identifier: identifier, isColoured: isColoured)
      writeLine(line, to: descriptor)
    }
  }
}

/// Returns where the events of a daemon go.
///
/// `auto` means the journal exactly when standard error is the stream that systemd connected to it:
/// `JOURNAL_STREAM` holds that stream's device and inode.
package func logDestination(
  format: DaemonConfiguration.LogFormat, environment: [String: String]
) -> DaemonLogHandler.Destination {
  let text = DaemonLogHandler.Destination.text(
    descriptor: STDERR_FILENO, isColoured: isatty(STDERR_FILENO) == 1)
  switch format {
  case .journal: return .journal
  case .text: return text
  case .auto:
    var status = stat()
    guard let stream = environment["JOURNAL_STREAM"], fstat(STDERR_FILENO, &status) == 0 else {
      return text
    }
    return stream == "\(status.st_dev):\(status.st_ino)" ? .journal : text
  }
}

/// Sends one entry; a journal that is not there is ignored.
private func sendToJournal(_ fields: [String]) {
  let bytes = fields.map { Array($0.utf8) }
  let joined = bytes.flatMap { $0 }
  joined.withUnsafeBufferPointer { buffer in
    guard let start = UnsafeMutableRawPointer(mutating: buffer.baseAddress) else { return }
    var offset = 0
    let vectors = bytes.map { field in
      defer { offset += field.count }
      return iovec(iov_base: start + offset, iov_len: field.count)
    }
    // ignoring: a full or missing journal; logging must not stop a daemon.
    _ = sd_journal_sendv(vectors, Int32(vectors.count))
  }
}

/// Writes a line with one system call, so lines of several threads do not mix.
private func writeLine(_ line: String, to descriptor: Int32) {
  let bytes = Array((line + "\n").utf8)
  // ignoring: a closed or full standard error; logging must not stop a daemon.
  _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
}

/// Returns the local time of day with milliseconds.
private func timeOfDay() -> String {
  var now = timespec()
  clock_gettime(CLOCK_REALTIME, &now)
  var parts = tm()
  localtime_r(&now.tv_sec, &parts)
  let pad = { (number: Int, width: Int) -> String in
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { pad(Int($0), 2) }
  return clock.joined(separator: ":") + "." + pad(now.tv_nsec / 1_000_000, 3)
}
