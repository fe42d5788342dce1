/// Why bytes are not a message, or a message cannot become bytes.
///
/// `field` is the full name of a field, such as `autodidact.v1.Tensor.data`.
public enum MessageError: Error, Equatable, Sendable {
  /// More bytes than a message may have.
  case tooLarge(message: String, byteCount: Int, limit: Int)
  /// The bytes end inside a field that starts at `byteOffset`.
  case truncated(message: String, byteOffset: Int)
  /// A field number or wire type that does not exist.
  case invalidTag(message: String, byteOffset: Int)
  /// A varint of more than 64 bits.
  case invalidVarint(message: String, byteOffset: Int)
  /// A field is encoded as another type.
  case wireType(field: String, actual: Int, expected: Int)
  /// A packed field's length is not a multiple of its element's size.
  case packedLength(field: String, byteCount: Int, elementBytes: Int)
  /// A number that the field's type cannot hold.
  case outOfRange(field: String, value: Int64, minimum: Int64, maximum: Int64)
  /// A number that the enum does not have.
  case unknownEnumNumber(field: String, value: Int64)
  /// A string that is not UTF-8; the offset is within the string.
  case invalidUTF8(field: String, byteOffset: Int)
  /// A string with a NUL in it; the offset is within the string.
  case embeddedNUL(field: String, byteOffset: Int)
  /// A field that holds one message occurs twice.
  case repeatedSingularMessage(field: String)
  /// More messages inside each other than the schema has levels.
  case tooDeep(message: String, depth: Int, limit: Int)
  /// More unknown fields than allowed.
  case tooManyUnknownFields(message: String, limit: Int)
  /// Decoding needs more memory than allowed.
  case overBudget(message: String, byteCount: Int, limit: Int)
  /// protobuf-c refused what the checks let pass.
  case malformed(message: String)
}

extension MessageError {
  /// Whether the message broke a limit of the receiver rather than a rule of the format.
  public var isBeyondLimit: Bool {
    switch self {
    case .tooLarge, .tooManyUnknownFields, .overBudget: true
    default: false
    }
  }
}

extension MessageError: CustomStringConvertible {
  /// One sentence for the peer: what is wrong, with its value and limit.
  public var description: String {
    switch self {
    case .tooLarge(let message, let byteCount, let limit):
      "\(message) has \(byteCount) bytes, the limit is \(limit)"
    case .truncated(let message, let byteOffset):
      "\(message) is truncated in the field at byte \(byteOffset)"
    case .invalidTag(let message, let byteOffset):
      "\(message) has no valid field tag at byte \(byteOffset)"
    case .invalidVarint(let message, let byteOffset):
      "\(message) has a varint of more than 64 bits at byte \(byteOffset)"
    case .wireType(let field, let actual, let expected):
      "\(field) has wire type \(actual), expected \(expected)"
    case .packedLength(let field, let byteCount, let elementBytes):
      "\(field) has \(byteCount) packed bytes, which is no multiple of \(elementBytes)"
    case .outOfRange(let field, let value, let minimum, let maximum):
      "\(field) is \(value), allowed are \(minimum) to \(maximum)"
    case .unknownEnumNumber(let field, let value):
      "\(field) is \(value), which its enum does not have"
    case .invalidUTF8(let field, let byteOffset):
      "\(field) is not UTF-8 at byte \(byteOffset)"
    case .embeddedNUL(let field, let byteOffset):
      "\(field) has a NUL at byte \(byteOffset)"
    case .repeatedSingularMessage(let field):
      "\(field) occurs twice, but holds one message"
    case .tooDeep(let message, let depth, let limit):
      "\(message) is nested \(depth) deep, the limit is \(limit)"
    case .tooManyUnknownFields(let message, let limit):
      "\(message) has more than \(limit) unknown fields"
    case .overBudget(let message, let byteCount, let limit):
      "\(message) needs \(byteCount) bytes of memory, the limit is \(limit)"
    case .malformed(let message):
      "\(message) is malformed"
    }
  }
}
