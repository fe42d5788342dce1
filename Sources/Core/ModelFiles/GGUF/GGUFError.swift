package import Files

/// Why a file is not a GGUF model that this suite reads; every case names the field.
package enum GGUFError: Error, Equatable {
  /// The file could not be opened.
  case file(FileError)
  /// The file does not start with the bytes `GGUF`.
  case magic([UInt8])
  /// The file's numbers have the other byte order.
  case bigEndian
  /// The version of the format is none that this suite reads.
  case version(UInt32, supported: ClosedRange<UInt32>)
  /// The file ends inside a field.
  case truncated(field: String, offset: Int, needed: UInt64, remaining: Int)
  /// A count or a length is over its limit.
  case limit(field: String, value: UInt64, limit: UInt64)
  /// A metadata value has a type that the format does not define.
  case unknownValueType(key: String, type: UInt32)
  /// A metadata value is an array of arrays.
  case nestedArray(key: String)
  /// A truth value is neither 0 nor 1.
  case boolean(key: String, value: UInt8)
  /// A text is not UTF-8.
  case notUTF8(field: String)
  /// A key or a tensor's name occurs twice.
  case duplicate(field: String, name: String)
  /// The alignment of tensors is not a power of two within the limit.
  case alignment(Int, limit: Int)
  /// A tensor has no dimensions or more than the limit.
  case dimensions(tensor: String, count: UInt32, limit: UInt32)
  /// A tensor is empty, too large for memory, or its rows are not whole blocks of its type.
  case shape(tensor: String, shape: [UInt64], type: GGUFTensorType)
  /// A tensor's offset is not a multiple of the alignment.
  case misaligned(tensor: String, offset: UInt64, alignment: Int)
  /// A tensor's bytes are not inside the data, which has `dataBytes`.
  case outside(tensor: String, offset: UInt64, bytes: Int, dataBytes: Int)
  /// Two tensors share bytes.
  case overlap(tensor: String, other: String)
  /// The metadata has no such key.
  case missingKey(String)
  /// A metadata value has another type than what is asked for.
  case unexpectedValue(key: String, expected: String, actual: String)
  /// The file has no tensor of that name.
  case missingTensor(String)
  /// The tensor has a type that this suite does not compute with.
  case unsupportedType(tensor: String, type: GGUFTensorType)
}

extension GGUFError: CustomStringConvertible {
  package var description: String {
    fileDescription ?? metadataDescription ?? tensorDescription
  }

  private var fileDescription: String? {
    switch self {
    case .file(let error): error.description
    case .magic(let bytes): "not a GGUF file: it starts with the bytes \(bytes), not with \"GGUF\""
    case .bigEndian: "a big-endian GGUF file; only little-endian files are read"
    case .version(let version, let supported):
      "GGUF version \(version); versions \(supported.lowerBound) to "
        + "\(supported.upperBound) are read"
    case .truncated(let field, let offset, let needed, let remaining):
      "the file ends inside \(field): \(needed) bytes are needed at offset \(offset), "
        + "\(remaining) are left"
    case .limit(let field, let value, let limit): "\(field) is \(value); the limit is \(limit)"
    default: nil
    }
  }

  private var metadataDescription: String? {
    switch self {
    case .unknownValueType(let key, let type): "\(key) has the unknown value type \(type)"
    case .nestedArray(let key): "\(key) is an array of arrays"
    case .boolean(let key, let value): "\(key) is \(value), not a truth value"
    case .notUTF8(let field): "\(field) is not UTF-8"
    case .duplicate(let field, let name): "\(field) \"\(name)\" occurs twice"
    case .alignment(let value, let limit):
      "general.alignment is \(value); a power of two up to \(limit) is needed"
    case .missingKey(let key): "the metadata has no \(key)"
    case .unexpectedValue(let key, let expected, let actual):
      "\(key) is \(actual); \(expected) is needed"
    default: nil
    }
  }

  private var tensorDescription: String {
    switch self {
    case .dimensions(let tensor, let count, let limit):
      "tensor \(tensor) has \(count) dimensions; 1 to \(limit) are read"
    case .shape(let tensor, let shape, let type):
      "tensor \(tensor) of type \(type) has the impossible shape \(shape)"
    case .misaligned(let tensor, let offset, let alignment):
      "tensor \(tensor) starts at \(offset), which is no multiple of \(alignment)"
    case .outside(let tensor, let offset, let bytes, let dataBytes):
      "tensor \(tensor) has \(bytes) bytes from \(offset); the data has \(dataBytes) "
        + "(is the file cut?)"
    case .overlap(let tensor, let other): "the tensors \(other) and \(tensor) share bytes"
    case .missingTensor(let name): "the file has no tensor \(name)"
    case .unsupportedType(let tensor, let type):
      "tensor \(tensor) has the type \(type), which is not supported; supported are "
        + GGUFTensorType.supported.map(\.description).joined(separator: ", ")
    default: ""
    }
  }
}
