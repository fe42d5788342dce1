package import Files

/// Why a file is not a set of tensors that this suite reads, with the value and its limit.
package enum SafetensorsError: Error, Equatable {
  /// The file could not be opened or written.
  case file(FileError)
  /// The file has fewer bytes than the length of a header.
  case fileBytes(Int, minimum: Int)
  /// The header claims more bytes than the file has or than the limit.
  case headerBytes(UInt64, limit: Int)
  /// The header is not the JSON object of the format.
  case malformedHeader(String)
  /// The file holds more tensors than the limit.
  case tensorCount(Int, limit: Int)
  /// A tensor has a type that this suite does not know.
  case unknownType(tensor: String, type: String)
  /// A tensor has more dimensions than the limit.
  case dimensions(tensor: String, count: Int, limit: Int)
  /// A tensor's number of elements is too large for memory.
  case shape(tensor: String, shape: [UInt64])
  /// A tensor's bytes are not inside the data, which has `dataBytes`.
  case offsets(tensor: String, begin: UInt64, end: UInt64, dataBytes: Int)
  /// A tensor does not have the bytes of its shape and type.
  case tensorBytes(tensor: String, bytes: Int, expected: Int)
  /// A tensor's bytes begin at another place than the end of the one before it.
  case gapOrOverlap(tensor: String, begin: Int, expected: Int)
  /// There are bytes after the last tensor.
  case trailingBytes(Int)
  /// The file has no tensor of that name.
  case missingTensor(String)
  /// A tensor has another shape than the model needs.
  case unexpectedShape(tensor: String, shape: [Int], expected: [Int])
  /// A tensor's type cannot be read as float32.
  case unexpectedType(tensor: String, type: TensorScalarType)
}

/// The element types of the safetensors format.
///
/// The raw value is the format's name of the type.
package enum TensorScalarType: String, Sendable, CaseIterable {
  case bool = "BOOL"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E5M2 = "F8_E5M2"
  case float8E4M3 = "F8_E4M3"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case int64 = "I64"
  case uint64 = "U64"
  case float64 = "F64"

  /// The size of an element.
  package var byteCount: Int {
    switch self {
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }
}
