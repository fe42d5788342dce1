import CMessages
import CProtobufC

/// One pass over the bytes of a message that checks everything protobuf-c does not.
///
/// protobuf-c accepts strings that are not UTF-8 or hold a NUL, numbers out of range, any depth,
/// and merges repeated singular messages in quadratic time. After this pass unpacking can only
/// fail for want of memory. Cost: linear in the number of fields; the contents of `bytes` fields
/// are skipped.
struct WireValidator {
  /// More levels than any message of the schema has.
  static let depthMax = 16

  let bytes: UnsafeRawBufferPointer
  let limits: DecodingLimits
  var position = 0
  private var unknownFieldCount = 0

  init(bytes: UnsafeRawBufferPointer, limits: DecodingLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// Checks all bytes as one message of the type that `descriptor` describes.
  mutating func validate(_ descriptor: MessageDescriptor) throws(MessageError) {
    position = 0
    try validateMessage(descriptor.pointer, upTo: bytes.count, depth: 1)
  }

  private mutating func validateMessage(
    _ message: UnsafePointer<ProtobufCMessageDescriptor>, upTo end: Int, depth: Int
  ) throws(MessageError) {
    guard depth <= Self.depthMax else {
      throw .tooDeep(message: name(message), depth: depth, limit: Self.depthMax)
    }
    var seenMessages: UInt64 = 0
    while position < end {
      let start = position
      let (number, wireType) = try tag(message, upTo: end)
      guard let index = fieldIndex(of: number, in: message) else {
        try skipUnknown(wireType, message, start: start, upTo: end)
        continue
      }
      let field = message.pointee.fields + index
      if field.pointee.type == PROTOBUF_C_TYPE_MESSAGE {
        if field.pointee.label != PROTOBUF_C_LABEL_REPEATED {
          let bit: UInt64 = 1 << UInt64(index & 63)
          guard seenMessages & bit == 0 else {
            throw .repeatedSingularMessage(field: name(message, field))
          }
          seenMessages |= bit
        }
        try validateSubmessage(field, wireType, message, upTo: end, depth: depth)
      } else {
        try validateScalar(field, wireType, message, start: start, upTo: end)
      }
    }
  }

  private mutating func validateSubmessage(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ wireType: WireType,
    _ message: UnsafePointer<ProtobufCMessageDescriptor>, upTo end: Int, depth: Int
  ) throws(MessageError) {
    try require(.lengthDelimited, wireType, message, field)
    let length = try length(message, start: position, upTo: end)
    guard let below = field.pointee.descriptor else {
      preconditionFailure("\(name(message, field)) has no descriptor")
    }
    try validateMessage(
      below.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
      upTo: position + length, depth: depth + 1)
  }

  private mutating func validateScalar(
    _ field: UnsafePointer<ProtobufCFieldDescriptor>, _ wireType: WireType,
    _ message: UnsafePointer<ProtobufCMessageDescriptor>, start: Int, upTo end: Int
  ) throws(MessageError) {
    let kind = ScalarKind(field.pointee.type)
    if wireType == .lengthDelimited, kind.isPackable,
      field.pointee.label == PROTOBUF_C_LABEL_REPEATED
    {
      let length = try length(message, start: start, upTo: end)
      return try validatePacked(kind, field, message, upTo: position + length)
    }
    try require(kind.wireType, wireType, message, field)
    switch kind {
    case .fixed(let size):
      try skip(size, message, start: start, upTo: end)
    case .varint(let range):
      try check(
        try varint(message, start: start, upTo: end), range, message, field)
    case .string:
      let length = try length(message, start: start, upTo: end)
      try checkString(
        UnsafeRawBufferPointer(rebasing: bytes[position..<position + length]), message, field)
      position += length
    case .bytes:
      position += try length(message, start: start, upTo: end)
    }
  }

  private mutating func validatePacked(
    _ kind: ScalarKind, _ field: UnsafePointer<ProtobufCFieldDescriptor>,
    _ message: UnsafePointer<ProtobufCMessageDescriptor>, upTo end: Int
  ) throws(MessageError) {
    switch kind {
    case .fixed(let size):
      guard (end - position) % size == 0 else {
        throw .packedLength(
          field: name(message, field), byteCount: end - position, elementBytes: size)
      }
      position = end
    case .varint(let range):
      while position < end {
        let start = position
        let value = try varint(message, start: start, upTo: end)
        // protobuf-c counts the bytes of packed booleans as their number.
        if range == .boolean, position != start + 1 {
          throw .outOfRange(
            field: name(message, field), value: Int64(bitPattern: value), minimum: 0, maximum: 1)
        }
        try check(value, range, message, field)
      }
    case .string, .bytes:
      preconditionFailure("\(name(message, field)) cannot be packed")
    }
  }

  // MARK: Values

  private func check(
    _ value: UInt64, _ range: VarintRange,
    _ message: UnsafePointer<ProtobufCMessageDescriptor>,
    _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) throws(MessageError) {
    let signed = Int64(bitPattern: value)
    switch range {
    case .any64:
      return
    case .boolean where value <= 1:
      return
    case .signed32 where Int64(Int32.min)...Int64(Int32.max) ~= signed:
      return
    case .unsigned32 where value <= UInt64(UInt32.max):
      return
    case .enumeration:
      guard hasValue(signed, field) else {
        throw .unknownEnumNumber(field: name(message, field), value: signed)
      }
    case .boolean:
      throw .outOfRange(field: name(message, field), value: signed, minimum: 0, maximum: 1)
    case .signed32:
      throw .outOfRange(
        field: name(message, field), value: signed, minimum: Int64(Int32.min),
        maximum: Int64(Int32.max))
    case .unsigned32:
      throw .outOfRange(
        field: name(message, field), value: signed, minimum: 0, maximum: Int64(UInt32.max))
    }
  }

  /// Whether the enum of `field` has `value`; its values are sorted.
  private func hasValue(
    _ value: Int64, _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) -> Bool {
    guard let address = field.pointee.descriptor else { return false }
    let values = address.assumingMemoryBound(to: ProtobufCEnumDescriptor.self).pointee
    var low = 0
    var high = Int(values.n_values)
    while low < high {
      let middle = (low + high) / 2
      let candidate = Int64(values.values[middle].value)
      if candidate == value { return true }
      if candidate < value { low = middle + 1 } else { high = middle }
    }
    return false
  }

  private func checkString(
    _ utf8: UnsafeRawBufferPointer,
    _ message: UnsafePointer<ProtobufCMessageDescriptor>,
    _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) throws(MessageError) {
    if let offset = firstNUL(utf8) {
      throw .embeddedNUL(field: name(message, field), byteOffset: offset)
    }
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: utf8.bindMemory(to: UInt8.self).span)
    } catch {
      throw .invalidUTF8(field: name(message, field), byteOffset: error.byteOffsets.lowerBound)
    }
  }

  // MARK: Fields

  private mutating func skipUnknown(
    _ wireType: WireType, _ message: UnsafePointer<ProtobufCMessageDescriptor>, start: Int,
    upTo end: Int
  ) throws(MessageError) {
    unknownFieldCount += 1
    guard unknownFieldCount <= limits.unknownFieldCountMax else {
      throw .tooManyUnknownFields(message: name(message), limit: limits.unknownFieldCountMax)
    }
    switch wireType {
    case .varint: _ = try varint(message, start: start, upTo: end)
    case .fixed64: try skip(8, message, start: start, upTo: end)
    case .fixed32: try skip(4, message, start: start, upTo: end)
    case .lengthDelimited: position += try length(message, start: start, upTo: end)
    }
  }

  /// The index of the field with `number`; fields are sorted by number.
  private func fieldIndex(
    of number: UInt32, in message: UnsafePointer<ProtobufCMessageDescriptor>
  ) -> Int? {
    let count = Int(message.pointee.n_fields)
    guard count > 0, let fields = message.pointee.fields else { return nil }
    let guess = Int(number) - 1
    if guess < count, fields[guess].id == number { return guess }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if fields[middle].id == number { return middle }
      if fields[middle].id < number { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  private func require(
    _ expected: WireType, _ actual: WireType,
    _ message: UnsafePointer<ProtobufCMessageDescriptor>,
    _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) throws(MessageError) {
    guard actual == expected else {
      throw .wireType(
        field: name(message, field), actual: Int(actual.rawValue),
        expected: Int(expected.rawValue))
    }
  }

  func name(_ message: UnsafePointer<ProtobufCMessageDescriptor>) -> String {
    String(cString: message.pointee.name)
  }

  private func name(
    _ message: UnsafePointer<ProtobufCMessageDescriptor>,
    _ field: UnsafePointer<ProtobufCFieldDescriptor>
  ) -> String {
    "\(name(message)).\(String(cString: field.pointee.name))"
  }
}
