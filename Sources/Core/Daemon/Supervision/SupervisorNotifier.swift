private import CSystemd

/// Tells systemd how the daemon is doing (`sd_notify`); does nothing where nobody supervises.
package struct SupervisorNotifier: Sendable {
  /// What can be told.
  package enum Message: Sendable, Equatable {
    /// The daemon can answer.
    case ready
    /// The daemon reads its configuration again; the time is that of the monotonic clock.
    case reloading(monotonicMicroseconds: UInt64)
    /// The daemon goes down.
    case stopping
    /// The work loop still moves.
    case watchdog
    /// What the daemon does, in one line for `systemctl status`.
    case status(String)
    /// Starting takes longer: this much time more from now on.
    case extendTimeout(microseconds: UInt64)
  }

  private let send: @Sendable (String) -> Void

  /// Creates a notifier that sends each text with `send`.
  package init(send: @escaping @Sendable (String) -> Void) { self.send = send }

  /// A notifier that writes to the socket which `NOTIFY_SOCKET` names.
  package static let systemd = SupervisorNotifier { text in
    // ignoring: whether the supervisor is there; a daemon works the same without one.
    _ = sd_notify(0, text)
  }

  /// Tells the supervisor all messages in one datagram.
  package func notify(_ messages: Message...) {
    send(messages.map { Self.line(of: $0) }.joined(separator: "\n"))
  }

  /// Returns the line of the protocol for a message.
  static func line(of message: Message) -> String {
    switch message {
    case .ready: "READY=1"
    case .reloading(let time): "RELOADING=1\nMONOTONIC_USEC=\(time)"
    case .stopping: "STOPPING=1"
    case .watchdog: "WATCHDOG=1"
    case .status(let text):
      "STATUS=" + String(text.map { $0.isNewline ? " " : $0 })
    case .extendTimeout(let microseconds): "EXTEND_TIMEOUT_USEC=\(microseconds)"
    }
  }
}
