/// A message of the schema: a value that can be read from bytes and written as bytes.
public protocol WireMessage: Sendable {
  /// The full name in the schema, such as `autodidact.v1.Tensor`.
  static var messageName: String { get }

  /// Creates a message in which nothing is set.
  init()

  /// Reads one message from `bytes`, which it checks completely before.
  ///
  /// Unknown fields are ignored, everything else that the schema does not allow is an error.
  static func decoded(
    from bytes: UnsafeRawBufferPointer, limits: DecodingLimits
  ) throws(MessageError) -> Self

  /// Calls `body` with the message ready to be written.
  ///
  /// - Throws: `MessageError.embeddedNUL` where a string holds a NUL, which the wire cannot carry.
  func withPacked<Result>(
    _ body: (borrowing PackedMessage) -> Result
  ) throws(MessageError) -> Result
}

extension WireMessage {
  /// Reads one message from `bytes`.
  public static func decoded(
    from bytes: [UInt8], limits: DecodingLimits = DecodingLimits()
  ) throws(MessageError) -> Self {
    try unsafe(bytes) { (buffer) throws(MessageError) in try decoded(from: buffer, limits: limits) }
  }

  /// The bytes of the message on the wire.
  public func encoded() throws(MessageError) -> [UInt8] {
    try withPacked { packed in
      [UInt8](unsafeUninitializedCapacity: packed.byteCount) { buffer, count in
        count = packed.write(to: UnsafeMutableRawBufferPointer(buffer))
      }
    }
  }
}

/// What a decoder accepts from a peer.
public struct DecodingLimits: Sendable, Equatable {
  /// The most bytes of one message.
  public var messageBytesMax: Int
  /// The most bytes of memory that decoding one message may take.
  public var memoryBytesMax: Int
  /// The most fields of one message, nested ones included, that the schema does not know.
  public var unknownFieldCountMax: Int

  /// Creates limits; the defaults fit a ttrpc frame of 4 MiB.
  public init(
    messageBytesMax: Int = 4 << 20, memoryBytesMax: Int = (16 << 20) + (64 << 10),
    unknownFieldCountMax: Int = 1024
  ) {
    precondition(messageBytesMax >= 0, "messageBytesMax \(messageBytesMax)")
    precondition(memoryBytesMax >= 0, "memoryBytesMax \(memoryBytesMax)")
    precondition(unknownFieldCountMax >= 0, "unknownFieldCountMax \(unknownFieldCountMax)")
    self.messageBytesMax = messageBytesMax
    self.memoryBytesMax = memoryBytesMax
    self.unknownFieldCountMax = unknownFieldCountMax
  }
}

/// Calls `body` with the bytes of `array`, keeping the type of its error.
private func unsafe<Result, Failure: Error>(
  _ array: [UInt8], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
  try array.withUnsafeBufferPointer { (buffer) throws(Failure) in
    try body(UnsafeRawBufferPointer(buffer))
  }
}
