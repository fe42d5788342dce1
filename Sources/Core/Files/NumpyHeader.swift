/// The header of a `.npy` file: what its bytes mean and where they start.
///
/// Source: NumPy enhancement proposal 1, "A Simple File Format for NumPy Arrays".
package struct NumpyHeader: Equatable, Sendable {
  static let headerBytesMax = 1 << 16
  static let dimensionCountMax = 8
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The type of an element.
  package let scalarType: NumpyScalarType
  /// The first index varies fastest.
  package let isFortranOrder: Bool
  /// The extents of the array, at most eight.
  package let shape: [Int]
  /// Where the elements start.
  package let dataOffset: Int

  /// The number of elements.
  package var elementCount: Int { shape.reduce(1, *) }

  /// Reads and checks the header at the start of `bytes`, which hold the whole file.
  package init(parsing bytes: UnsafeRawBufferPointer) throws(NumpyError) {
    guard bytes.count >= 10, bytes.prefix(6).elementsEqual(Self.magic) else { throw .notNumpy }
    let lengthBytes: Int
    switch (bytes[6], bytes[7]) {
    case (1, 0): lengthBytes = 2
    case (2, 0), (3, 0): lengthBytes = 4
    default: throw .unsupportedVersion(major: bytes[6], minor: bytes[7])
    }
    let dictionaryOffset = 8 + lengthBytes
    guard bytes.count >= dictionaryOffset else { throw .notNumpy }
    var length = 0
    for index in (8..<dictionaryOffset).reversed() { length = length << 8 | Int(bytes[index]) }
    guard length <= min(Self.headerBytesMax, bytes.count - dictionaryOffset) else {
      throw .headerBytes(
        length, limit: min(Self.headerBytesMax, bytes.count - dictionaryOffset))
    }
    dataOffset = dictionaryOffset + length
    var reader = DictionaryReader(bytes: bytes, offset: dictionaryOffset, end: dataOffset)
    (scalarType, isFortranOrder, shape) = try reader.readHeader()
    try checkSize(bytesAfterHeader: bytes.count - dataOffset)
  }

  private func checkSize(bytesAfterHeader: Int) throws(NumpyError) {
    guard let expected = byteCount(ofShape: shape, elementBytes: scalarType.byteCount) else {
      throw .shape(shape)
    }
    guard bytesAfterHeader == expected else {
      throw .dataBytes(bytesAfterHeader, expected: expected)
    }
  }

  /// The header of a float32 matrix, padded to `byteCount` bytes.
  ///
  /// The length does not depend on `rowCount`, so that a writer can correct it at the end.
  package static func float32(rowCount: Int, columnCount: Int, byteCount: Int = 128) -> [UInt8] {
    let dictionary =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rowCount), \(columnCount)), }"
    precondition(dictionary.utf8.count + 11 <= byteCount, "header \(dictionary)")
    var bytes = magic + [1, 0, UInt8((byteCount - 10) & 0xff), UInt8((byteCount - 10) >> 8)]
    bytes += dictionary.utf8
    bytes += repeatElement(UInt8(ascii: " "), count: byteCount - 1 - bytes.count)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}

/// A reader of the one Python dictionary that the format allows.
private struct DictionaryReader {
  let bytes: UnsafeRawBufferPointer
  var offset: Int
  let end: Int

  mutating func readHeader() throws(NumpyError) -> (NumpyScalarType, Bool, [Int]) {
    var scalarType: NumpyScalarType?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !skip("}") {
      let keyOffset = offset
      let key = try readString()
      try expect(":")
      switch key {
      case "descr" where scalarType == nil:
        let name = try readString()
        // One-byte types have no byte order; "=" is the order of a little-endian writer.
        let known = name.hasPrefix("=") ? "<" + name.dropFirst() : name
        guard let type = NumpyScalarType(rawValue: known) else { throw .unsupportedType(name) }
        scalarType = type
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try readBool()
      case "shape" where shape == nil: shape = try readShape()
      default: throw .malformedHeader(offset: keyOffset)
      }
      if !skip(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard let scalarType, let isFortranOrder, let shape, offset == end else {
      throw .malformedHeader(offset: offset)
    }
    return (scalarType, isFortranOrder, shape)
  }

  private mutating func readShape() throws(NumpyError) -> [Int] {
    var shape: [Int] = []
    try expect("(")
    while !skip(")") {
      shape.append(try readCount())
      guard shape.count <= NumpyHeader.dimensionCountMax else {
        throw .dimensions(shape.count, limit: NumpyHeader.dimensionCountMax)
      }
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return shape
  }

  private mutating func readCount() throws(NumpyError) -> Int {
    skipSpace()
    let start = offset
    var value = 0
    while offset < end, case let digit = Int(bytes[offset]) - 48, (0...9).contains(digit) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, sumOverflow) = product.addingReportingOverflow(digit)
      guard !overflow, !sumOverflow else { throw .malformedHeader(offset: start) }
      value = sum
      offset += 1
    }
    guard offset > start else { throw .malformedHeader(offset: offset) }
    return value
  }

  private mutating func readBool() throws(NumpyError) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)]
    where bytes[offset..<end].starts(with: word.utf8) {
      offset += word.utf8.count
      return value
    }
    throw .malformedHeader(offset: offset)
  }

  private mutating func readString() throws(NumpyError) -> String {
    skipSpace()
    guard offset < end, bytes[offset] == 39 || bytes[offset] == 34 else {
      throw .malformedHeader(offset: offset)
    }
    let start = offset + 1
    guard let close = bytes[start..<end].firstIndex(of: bytes[offset]) else {
      throw .malformedHeader(offset: offset)
    }
    offset = close + 1
    return String(decoding: bytes[start..<close], as: UTF8.self)
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(NumpyError) {
    guard skip(character) else { throw .malformedHeader(offset: offset) }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard offset < end, UInt32(bytes[offset]) == character.value else { return false }
    offset += 1
    return true
  }

  private mutating func skipSpace() {
    while offset < end, bytes[offset] == 32 || bytes[offset] == 10 { offset += 1 }
  }
}
