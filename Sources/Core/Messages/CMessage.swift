import CProtobufC

/// A message with its protobuf-c struct: only generated code conforms to it.
protocol CMessage: WireMessage {
  /// The struct that protoc-c made of the message.
  associatedtype CStruct

  /// protobuf-c's description of the message.
  static var descriptor: MessageDescriptor { get }

  /// Copies an unpacked struct; `source` is the memory that it lies in.
  init(_ c: UnsafePointer<CStruct>, _ source: DecodingArena)

  /// Writes this message into an initialised struct; what it points at lies in `target` or in
  /// this value.
  func fill(_ c: UnsafeMutablePointer<CStruct>, _ target: EncodingArena) throws(MessageError)
}

/// protobuf-c's description of one message type.
///
/// Safety of `@unchecked Sendable`: the pointer is to constant data of the program.
struct MessageDescriptor: @unchecked Sendable {
  let pointer: UnsafePointer<ProtobufCMessageDescriptor>

  /// Takes the descriptor from a struct that `initialize` has initialised.
  ///
  /// The address of the descriptor's own symbol would be that of a copy in Swift.
  init<CStruct>(_: CStruct.Type, initialize: (UnsafeMutablePointer<CStruct>) -> Void) {
    let memory = UnsafeMutablePointer<CStruct>.allocate(capacity: 1)
    defer { memory.deallocate() }
    initialize(memory)
    let message = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: ProtobufCMessage.self)
    guard let descriptor = message.pointee.descriptor else {
      preconditionFailure("the initialiser of \(CStruct.self) set no descriptor")
    }
    pointer = descriptor
  }

  /// The full name of the message.
  var name: String { String(cString: pointer.pointee.name) }
}

/// Reads an `M` from `bytes`: checks them, unpacks them into an arena, copies them out.
func decode<M: CMessage>(
  _: M.Type, from bytes: UnsafeRawBufferPointer, limits: DecodingLimits
) throws(MessageError) -> M {
  guard bytes.count <= limits.messageBytesMax else {
    throw .tooLarge(
      message: M.messageName, byteCount: bytes.count, limit: limits.messageBytesMax)
  }
  var validator = WireValidator(bytes: bytes, limits: limits)
  try validator.validate(M.descriptor)
  let arena = DecodingArena(byteCountMax: limits.memoryBytesMax)
  var allocator = arena.allocator
  let unpacked = protobuf_c_message_unpack(
    M.descriptor.pointer, &allocator, bytes.count,
    bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
  return try withExtendedLifetime(arena) { () throws(MessageError) in
    guard let unpacked else {
      if let byteCount = arena.refusedByteCount {
        throw .overBudget(
          message: M.messageName, byteCount: byteCount, limit: limits.memoryBytesMax)
      }
      throw .malformed(message: M.messageName)
    }
    let c = UnsafeRawPointer(unpacked).assumingMemoryBound(to: M.CStruct.self)
    return M(c, arena)
  }
}

/// Calls `body` with `message` as a packable struct.
func pack<M: CMessage, Result>(
  _ message: M, _ body: (borrowing PackedMessage) -> Result
) throws(MessageError) -> Result {
  let arena = EncodingArena()
  let c = try arena.filled(message)
  // The struct points into the arena and into the blocks of `message`.
  defer { withExtendedLifetime((arena, message)) {} }
  return body(PackedMessage(UnsafeRawPointer(c).assumingMemoryBound(to: ProtobufCMessage.self)))
}

/// A message that is ready to be written, for the time of one call.
public struct PackedMessage: ~Copyable {
  private let message: UnsafePointer<ProtobufCMessage>
  /// The number of bytes that `write(to:)` writes.
  public let byteCount: Int

  init(_ message: UnsafePointer<ProtobufCMessage>) {
    self.message = message
    byteCount = protobuf_c_message_get_packed_size(message)
  }

  /// Writes the message to the start of `buffer` and returns the number of bytes.
  ///
  /// `buffer` must hold `byteCount` bytes.
  public func write(to buffer: UnsafeMutableRawBufferPointer) -> Int {
    precondition(
      buffer.count >= byteCount, "\(byteCount) bytes for a buffer of \(buffer.count)")
    guard let address = buffer.baseAddress, byteCount > 0 else { return 0 }
    return protobuf_c_message_pack(message, address.assumingMemoryBound(to: UInt8.self))
  }
}
