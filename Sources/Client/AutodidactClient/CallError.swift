import Messages
public import TTRPC

/// Why a call failed.
public struct CallError: Error, Sendable {
  /// What kind of failure it is.
  public let code: RPCCode
  /// What is wrong, for people: it names the value and its limit, or the daemon and how to start
  /// it.
  public let message: String
  /// The daemon that was called, if it is one of the suite.
  public let daemon: DaemonName?
  /// What was called, such as `autodidact.v1.Encoder/Encode`.
  public let method: String
  /// The error behind this one, where it arose in this process.
  public let cause: (any Error)?

  /// Creates an error.
  public init(
    code: RPCCode, message: String, daemon: DaemonName?, method: String,
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.daemon = daemon
    self.method = method
    self.cause = cause
  }

  /// Creates an error from what the transport reports.
  ///
  /// A failure that arose here, while connecting, gets the advice that helps: how to start the
  /// daemon, or how to get at its socket.
  public init(_ error: RPCError, daemon: DaemonName?, method: String) {
    var message = error.message
    if error.cause != nil, let daemon {
      switch error.code {
      case .unavailable:
        message =
          "\(daemon.executableName) does not answer (\(error.message)); start it with "
          + "`systemctl start \(daemon.executableName).socket`, or all daemons with `autodidact up`"
      case .permissionDenied:
        message =
          "\(daemon.executableName) may not be called by this user (\(error.message)); its socket "
          + "belongs to the group `autodidact`"
      default: break
      }
    }
    self.init(
      code: error.code, message: message, daemon: daemon, method: method, cause: error.cause)
  }

  /// Creates an error for a message that cannot be sent.
  init(sending error: MessageError, daemon: DaemonName?, method: String) {
    self.init(
      code: error.isBeyondLimit ? .resourceExhausted : .invalidArgument,
      message: error.description, daemon: daemon, method: method, cause: error)
  }

  /// Creates an error for an answer that cannot be read.
  init(receiving error: MessageError, daemon: DaemonName?, method: String) {
    self.init(
      code: .internal, message: "the answer cannot be read: \(error.description)", daemon: daemon,
      method: method, cause: error)
  }
}

extension CallError: CustomStringConvertible {
  /// The method, the code's name and the message.
  public var description: String { "\(method): \(code): \(message)" }
}
