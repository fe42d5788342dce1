/// A message that is too large to be sent; it was refused in this process.
public struct MessageSizeError: Error, Sendable, Equatable {
  /// The bytes of the message.
  public let bytes: Int
  /// The most bytes that a message may have.
  public let limit: Int

  /// Creates the error.
  public init(bytes: Int, limit: Int) {
    self.bytes = bytes
    self.limit = limit
  }
}

extension MessageSizeError: CustomStringConvertible {
  /// The size and the limit.
  public var description: String { "message of \(bytes) bytes, limit \(limit)" }
}
