import CProtobufC

/// The memory of one message on its way from the wire, within a budget.
///
/// Small blocks come from a pool and are freed together. Large ones stand alone: protobuf-c's
/// scratch space is given back when it is freed, and the block of a `bytes` field is handed over
/// to a `Bytes` value without a copy. Beyond the budget protobuf-c gets NULL and stops.
final class DecodingArena {
  /// From this size on a block stands alone.
  ///
  /// Below it a second copy costs less than an allocation of its own.
  static let separateBytesMin = 512

  private var pool = BumpPool()
  private var separate: [UnsafeMutableRawPointer: Int] = [:]
  private let byteCountMax: Int
  private var byteCount = 0
  /// The bytes that would have been in use with the block that was refused.
  private(set) var refusedByteCount: Int?

  init(byteCountMax: Int) {
    self.byteCountMax = byteCountMax
  }

  deinit {
    pool.free()
    for block in separate.keys { block.deallocate() }
  }

  /// protobuf-c's view of this arena, valid while the arena lives.
  var allocator: ProtobufCAllocator {
    ProtobufCAllocator(
      alloc: { context, size in
        context.map { Unmanaged<DecodingArena>.fromOpaque($0).takeUnretainedValue() }?
          .allocate(byteCount: size)
      },
      free: { context, block in
        guard let context, let block else { return }
        Unmanaged<DecodingArena>.fromOpaque(context).takeUnretainedValue().release(block)
      },
      allocator_data: Unmanaged.passUnretained(self).toOpaque())
  }

  private func allocate(byteCount size: Int) -> UnsafeMutableRawPointer? {
    guard size >= 0, size <= byteCountMax else {
      refusedByteCount = size
      return nil
    }
    let rounded = BumpPool.rounded(size)
    guard byteCount + rounded <= byteCountMax else {
      refusedByteCount = byteCount + rounded
      return nil
    }
    byteCount += rounded
    guard size >= Self.separateBytesMin else { return pool.allocate(byteCount: size) }
    let block = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    separate[block] = rounded
    return block
  }

  private func release(_ block: UnsafeMutableRawPointer) {
    guard !separate.isEmpty, let size = separate.removeValue(forKey: block) else { return }
    byteCount -= size
    block.deallocate()
  }

  // MARK: Values of an unpacked struct

  func string(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
  }

  func strings(
    _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
  ) -> [String] {
    UnsafeBufferPointer(start: pointers, count: count).map(string)
  }

  /// The bytes of a field; a large block is handed over, a small one is copied.
  func bytes(_ data: ProtobufCBinaryData) -> Bytes {
    guard let pointer = data.data, data.len > 0 else { return Bytes() }
    let memory = UnsafeMutableRawPointer(pointer)
    if data.len >= Self.separateBytesMin, separate.removeValue(forKey: memory) != nil {
      return Bytes(adopting: memory, count: data.len)
    }
    return Bytes(copying: UnsafeRawBufferPointer(start: memory, count: data.len))
  }

  func blocks(_ pointer: UnsafeMutablePointer<ProtobufCBinaryData>?, _ count: Int) -> [Bytes] {
    UnsafeBufferPointer(start: pointer, count: count).map(bytes)
  }

  func message<M: CMessage>(_ pointer: UnsafeMutablePointer<M.CStruct>?) -> M? {
    pointer.map { M(UnsafePointer($0), self) }
  }

  /// The message of a oneof whose case says that it is there.
  func required<M: CMessage>(_ pointer: UnsafeMutablePointer<M.CStruct>?) -> M {
    message(pointer) ?? M()
  }

  func messages<M: CMessage>(
    _ pointers: UnsafeMutablePointer<UnsafeMutablePointer<M.CStruct>?>?, _ count: Int
  ) -> [M] {
    UnsafeBufferPointer(start: pointers, count: count).map { required($0) }
  }

  func scalars<Scalar>(_ pointer: UnsafeMutablePointer<Scalar>?, _ count: Int) -> [Scalar] {
    Array(UnsafeBufferPointer(start: pointer, count: count))
  }

  func booleans(_ pointer: UnsafeMutablePointer<protobuf_c_boolean>?, _ count: Int) -> [Bool] {
    UnsafeBufferPointer(start: pointer, count: count).map { $0 != 0 }
  }

  /// The enum value of a number that the validator has looked up.
  func enumeration<Value: RawRepresentable<Int32>>(_ number: UInt32) -> Value {
    guard let value = Value(rawValue: Int32(bitPattern: number)) else {
      preconditionFailure("\(number) of \(Value.self) passed the validator")
    }
    return value
  }

  func enumerations<Value: RawRepresentable<Int32>, CValue>(
    _ pointer: UnsafeMutablePointer<CValue>?, _ count: Int, _ number: (CValue) -> UInt32
  ) -> [Value] {
    UnsafeBufferPointer(start: pointer, count: count).map { enumeration(number($0)) }
  }
}
