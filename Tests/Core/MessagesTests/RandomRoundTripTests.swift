import CMessages
import CProtobufC
import TestSupport
import Testing

@testable import Messages

/// Random valid bytes of every message type, made along protobuf-c's descriptors.
@Suite struct RandomRoundTripTests {
  @Test(arguments: 0..<8)
  func `any valid message comes back as itself`(_ seed: UInt64) throws {
    var generator = WireGenerator(random: SplitMix64(seed: seed))
    for type in MessageTypes.all {
      let type = try #require(type as? any CMessage.Type)
      let bytes = generator.message(type.descriptor.pointer, depth: 1)
      try check(type, bytes, seed)
    }
  }

  private func check<Message: WireMessage>(
    _: Message.Type, _ bytes: [UInt8], _ seed: UInt64
  ) throws {
    let limits = DecodingLimits(memoryBytesMax: 256 << 20)
    let once = try Message.decoded(from: bytes, limits: limits).encoded()
    let twice = try Message.decoded(from: once, limits: limits).encoded()
    #expect(once == twice, "\(Message.messageName) with seed \(seed): \(bytes)")
  }
}

/// Makes valid bytes of any message type.
private struct WireGenerator {
  var random: SplitMix64

  mutating func message(
    _ message: UnsafePointer<ProtobufCMessageDescriptor>, depth: Int
  ) -> [UInt8] {
    let fields = UnsafeBufferPointer(
      start: message.pointee.fields, count: Int(message.pointee.n_fields))
    var wire = Wire()
    for field in fields.shuffled(using: &random) where Bool.random(using: &random) {
      let isRepeated = field.label == PROTOBUF_C_LABEL_REPEATED
      for _ in 0..<(isRepeated ? Int.random(in: 0...3, using: &random) : 1) {
        wire.raw(value(of: field, depth: depth))
      }
    }
    return wire.bytes
  }

  private mutating func value(of field: ProtobufCFieldDescriptor, depth: Int) -> [UInt8] {
    let number = Int(field.id)
    switch field.type {
    case PROTOBUF_C_TYPE_MESSAGE:
      guard let below = field.descriptor, depth < 4 else { return Wire.block(number, []) }
      let type = below.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
      return Wire.block(number, message(type, depth: depth + 1))
    case PROTOBUF_C_TYPE_STRING:
      let text = String((0..<Int.random(in: 0...9, using: &random)).map { _ in character() })
      return Wire.block(number, Array(text.utf8))
    case PROTOBUF_C_TYPE_BYTES:
      let count = Bool.random(using: &random) ? 5 : 5000
      return Wire.block(number, (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
    default:
      let scalar = scalar(field)
      let isPacked = field.label == PROTOBUF_C_LABEL_REPEATED && Bool.random(using: &random)
      if isPacked { return Wire.block(number, scalar.bytes + scalar.bytes) }
      return Wire.tag(number, scalar.wireType) + scalar.bytes
    }
  }

  private mutating func scalar(
    _ field: ProtobufCFieldDescriptor
  ) -> (wireType: Int, bytes: [UInt8]) {
    let bits = UInt64.random(in: 0...UInt64.max, using: &random)
    switch ScalarKind(field.type) {
    case .fixed(let size):
      return (size == 8 ? 1 : 5, (0..<size).map { UInt8(truncatingIfNeeded: bits >> ($0 * 8)) })
    case .varint(.any64): return (0, Wire.varint(bits))
    case .varint(.unsigned32): return (0, Wire.varint(bits >> 32))
    case .varint(.signed32):
      return (0, Wire.varint(UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: bits)))))
    case .varint(.boolean): return (0, Wire.varint(bits & 1))
    case .varint(.enumeration):
      guard let address = field.descriptor else { return (0, [0]) }
      let type = address.assumingMemoryBound(to: ProtobufCEnumDescriptor.self).pointee
      let value = type.values[Int(bits % UInt64(type.n_values))].value
      return (0, Wire.varint(UInt64(bitPattern: Int64(value))))
    case .string, .bytes: preconditionFailure("no scalar")
    }
  }

  private mutating func character() -> Character {
    ["a", "é", "漢", "👩‍🔬", "\n", "\u{feff}", "\u{10ffff}"].randomElement(using: &random) ?? "a"
  }
}
