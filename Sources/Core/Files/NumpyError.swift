/// Why a file is not an array that this suite reads, with the offending value and its limit.
package enum NumpyError: Error, Equatable {
  /// The file could not be opened or written.
  case file(FileError)
  /// The file does not start with the bytes of the format.
  case notNumpy
  /// The version of the format is none of 1.0, 2.0 and 3.0.
  case unsupportedVersion(major: UInt8, minor: UInt8)
  /// The header claims more bytes than the file has or than the limit.
  case headerBytes(Int, limit: Int)
  /// The header is not the dictionary of the format; where reading it stopped.
  case malformedHeader(offset: Int)
  /// The array's type is not one that this suite reads.
  case unsupportedType(String)
  /// The array has more dimensions than the limit.
  case dimensions(Int, limit: Int)
  /// The shape's number of elements is too large for memory.
  case shape([Int])
  /// The bytes after the header are not those of the shape and type.
  case dataBytes(Int, expected: Int)
  /// The array has a type that cannot be read as what was asked for.
  case notConvertible(from: NumpyScalarType, to: String)
}

/// The element types of arrays that this suite reads.
///
/// The raw value is NumPy's name of the type.
package enum NumpyScalarType: String, Sendable, CaseIterable {
  case float16 = "<f2"
  case float32 = "<f4"
  case float64 = "<f8"
  case bool = "|b1"
  case int8 = "|i1"
  case uint8 = "|u1"
  case int16 = "<i2"
  case int32 = "<i4"
  case int64 = "<i8"

  /// The size of an element.
  package var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .float16, .int16: 2
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }
}
