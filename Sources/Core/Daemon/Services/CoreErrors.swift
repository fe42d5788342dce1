package import Files
public import Messages
package import Scheduling
public import TTRPC

// The one place that maps what the modules below the services refuse to a status.

extension TensorError: RPCErrorConvertible {
  /// A tensor whose parts do not fit is the caller's mistake.
  public var rpcError: RPCError {
    RPCError(code: .invalidArgument, message: description, cause: self)
  }
}

extension FileError: RPCErrorConvertible {
  /// A full disk is named; other causes stay in the log, with their paths.
  package var rpcError: RPCError {
    switch self {
    case .diskFull:
      RPCError(
        code: .resourceExhausted, message: "the disk of the state is full; nothing was changed",
        cause: self)
    default:
      RPCError(
        code: .internal, message: "the state cannot be read or written; see the daemon's log",
        cause: self)
    }
  }
}

extension ComputeError: CustomStringConvertible, RPCErrorConvertible {
  /// What was refused, with the limit.
  package var description: String {
    switch self {
    case .queueFull(let count, let limit): "\(count) jobs wait; the limit is \(limit)"
    case .shutDown: "the daemon is stopping"
    }
  }

  /// A full queue is a limit; a closed one a daemon that stops.
  package var rpcError: RPCError {
    let code: RPCCode =
      switch self {
      case .queueFull: .resourceExhausted
      case .shutDown: .unavailable
      }
    return RPCError(code: code, message: description, cause: self)
  }
}
