/// The outcome of a call as a gRPC status code number.
///
/// A structure and not an enumeration, because a peer may send a number that nobody has named yet.
public struct RPCCode: RawRepresentable, Sendable, Hashable {
  /// The number on the wire.
  public var rawValue: Int32

  /// Wraps a number as it stands on the wire.
  public init(rawValue: Int32) {
    self.rawValue = rawValue
  }

  /// The call succeeded.
  public static let ok = RPCCode(rawValue: 0)
  /// The caller gave the call up.
  public static let cancelled = RPCCode(rawValue: 1)
  /// The server failed without saying how.
  public static let unknown = RPCCode(rawValue: 2)
  /// The request is wrong whatever the state of the server.
  public static let invalidArgument = RPCCode(rawValue: 3)
  /// The time allowed for the call ran out.
  public static let deadlineExceeded = RPCCode(rawValue: 4)
  /// The thing asked for does not exist.
  public static let notFound = RPCCode(rawValue: 5)
  /// The thing to be created exists.
  public static let alreadyExists = RPCCode(rawValue: 6)
  /// The caller may not do this.
  public static let permissionDenied = RPCCode(rawValue: 7)
  /// A limit was reached.
  public static let resourceExhausted = RPCCode(rawValue: 8)
  /// The server is not in the state that the call needs.
  public static let failedPrecondition = RPCCode(rawValue: 9)
  /// A conflict with another call stopped this one.
  public static let aborted = RPCCode(rawValue: 10)
  /// The call reached past the end of something.
  public static let outOfRange = RPCCode(rawValue: 11)
  /// The service or the method does not exist here.
  public static let unimplemented = RPCCode(rawValue: 12)
  /// The server broke one of its own rules.
  public static let `internal` = RPCCode(rawValue: 13)
  /// The server cannot take calls at the moment; trying again may help.
  public static let unavailable = RPCCode(rawValue: 14)
  /// Data was lost or damaged for good.
  public static let dataLoss = RPCCode(rawValue: 15)
  /// The caller did not say who it is.
  public static let unauthenticated = RPCCode(rawValue: 16)

  private static let names = [
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
    "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
    "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
  ]
}

extension RPCCode {
  /// Whether something is wrong with the server, and not with the call or the moment.
  ///
  /// Our daemons log such calls at every level.
  package var isServerFault: Bool { [.internal, .unknown, .dataLoss].contains(self) }
}

extension RPCCode: CustomStringConvertible {
  /// The name in capitals, such as `NOT_FOUND`, or `CODE_99` for a number without a name.
  public var description: String {
    let index = Int(rawValue)
    return Self.names.indices.contains(index) ? Self.names[index] : "CODE_\(rawValue)"
  }
}
