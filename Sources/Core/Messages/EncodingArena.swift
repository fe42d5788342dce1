import CProtobufC

/// The memory of one message on its way to the wire: structs, strings and arrays, freed together.
final class EncodingArena {
  private var pool = BumpPool()

  deinit { pool.free() }

  /// An initialised and filled struct of `value`.
  func filled<M: CMessage>(_ value: M) throws(MessageError) -> UnsafeMutablePointer<M.CStruct> {
    let memory = pool.allocate(byteCount: MemoryLayout<M.CStruct>.stride)
    protobuf_c_message_init(M.descriptor.pointer, memory)
    let c = memory.assumingMemoryBound(to: M.CStruct.self)
    try value.fill(c, self)
    return c
  }

  func message<M: CMessage>(_ value: M?) throws(MessageError) -> UnsafeMutablePointer<M.CStruct>? {
    guard let value else { return nil }
    return try filled(value)
  }

  func messages<M: CMessage>(
    _ values: [M]
  ) throws(MessageError) -> UnsafeMutablePointer<UnsafeMutablePointer<M.CStruct>?>? {
    let pointers = array(of: UnsafeMutablePointer<M.CStruct>?.self, count: values.count)
    for (index, value) in values.enumerated() {
      pointers?[index] = try filled(value)
    }
    return pointers
  }

  /// A NUL-terminated copy of `value`.
  func string(
    _ value: String, _ field: StaticString
  ) throws(MessageError) -> UnsafeMutablePointer<CChar> {
    var value = value
    let (memory, nulOffset) = value.withUTF8 { utf8 in
      let memory = pool.allocate(byteCount: utf8.count + 1)
      if let source = utf8.baseAddress {
        memory.copyMemory(from: source, byteCount: utf8.count)
      }
      memory.storeBytes(of: 0, toByteOffset: utf8.count, as: UInt8.self)
      return (memory, firstNUL(UnsafeRawBufferPointer(utf8)))
    }
    if let nulOffset {
      throw .embeddedNUL(field: "\(field)", byteOffset: nulOffset)
    }
    return memory.assumingMemoryBound(to: CChar.self)
  }

  func strings(
    _ values: [String], _ field: StaticString
  ) throws(MessageError) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
    let pointers = array(of: UnsafeMutablePointer<CChar>?.self, count: values.count)
    for (index, value) in values.enumerated() {
      pointers?[index] = try string(value, field)
    }
    return pointers
  }

  /// A view of the bytes of `value`, which outlives the packing.
  func bytes(_ value: Bytes) -> ProtobufCBinaryData {
    let data = value.memory.baseAddress.map { UnsafeMutableRawPointer(mutating: $0) }
    return ProtobufCBinaryData(
      len: value.count, data: data?.assumingMemoryBound(to: UInt8.self))
  }

  func blocks(_ values: [Bytes]) -> UnsafeMutablePointer<ProtobufCBinaryData>? {
    let blocks = array(of: ProtobufCBinaryData.self, count: values.count)
    for (index, value) in values.enumerated() {
      blocks?[index] = bytes(value)
    }
    return blocks
  }

  func scalars<Scalar: BitwiseCopyable>(_ values: [Scalar]) -> UnsafeMutablePointer<Scalar>? {
    let copy = array(of: Scalar.self, count: values.count)
    values.withUnsafeBufferPointer { source in
      guard let address = source.baseAddress else { return }
      copy?.update(from: address, count: source.count)
    }
    return copy
  }

  func booleans(_ values: [Bool]) -> UnsafeMutablePointer<protobuf_c_boolean>? {
    let copy = array(of: protobuf_c_boolean.self, count: values.count)
    for (index, value) in values.enumerated() {
      copy?[index] = value ? 1 : 0
    }
    return copy
  }

  func enumerations<Value: RawRepresentable<Int32>, CValue: BitwiseCopyable>(
    _ values: [Value], _ convert: (UInt32) -> CValue
  ) -> UnsafeMutablePointer<CValue>? {
    let copy = array(of: CValue.self, count: values.count)
    for (index, value) in values.enumerated() {
      copy?[index] = convert(UInt32(bitPattern: value.rawValue))
    }
    return copy
  }

  /// Uninitialised memory for `count` elements; nil for none.
  private func array<Element: BitwiseCopyable>(
    of _: Element.Type, count: Int
  ) -> UnsafeMutablePointer<Element>? {
    guard count > 0 else { return nil }
    let memory = pool.allocate(byteCount: count * MemoryLayout<Element>.stride)
    return memory.assumingMemoryBound(to: Element.self)
  }
}
