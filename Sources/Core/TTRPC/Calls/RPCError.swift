/// A call's failure: a code, a message for the caller, and what caused it on this side.
public struct RPCError: Error, Sendable {
  /// What kind of failure this is.
  public var code: RPCCode
  /// What went wrong, naming the offending value and its limit; it travels to the caller.
  public var message: String
  /// The error behind this one; it stays in this process.
  public var cause: (any Error)?

  /// Describes a failure; `code` must not be ``RPCCode/ok``.
  public init(code: RPCCode, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }
}

extension RPCError: CustomStringConvertible {
  /// The code's name and the message.
  public var description: String {
    message.isEmpty ? code.description : "\(code): \(message)"
  }
}

/// An error that knows which status a caller should see.
public protocol RPCErrorConvertible: Error {
  /// The status that the caller receives in place of this error.
  var rpcError: RPCError { get }
}

extension RPCError {
  /// The status for whatever a handler threw; an error of unknown type shows none of its insides.
  init(thrown error: any Error) {
    switch error {
    case let error as RPCError: self = error
    case let error as any RPCErrorConvertible: self = error.rpcError
    case is CancellationError: self.init(code: .cancelled, message: "the call was cancelled")
    default: self.init(code: .internal, message: "internal error", cause: error)
    }
    if code == .ok {
      self = RPCError(code: .internal, message: "the handler threw a status of OK", cause: error)
    }
  }
}
