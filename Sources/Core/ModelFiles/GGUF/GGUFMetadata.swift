import Files

/// The metadata of a GGUF file: typed values by key.
///
/// Arrays stay in the mapped file until they are asked for; a count in the file never decides how
/// much memory is taken before as many bytes have been seen.
package struct GGUFMetadata: Sendable {
  /// The most keys a file may have.
  package static let keyCountMax: UInt64 = 65_536
  /// The most bytes a key may have.
  package static let keyBytesMax: UInt64 = 65_535

  private enum Value: Sendable {
    case unsigned(UInt64)
    case signed(Int64)
    case float(Double)
    case boolean(Bool)
    case text(Range<Int>)
    case array(of: ValueType, count: Int, Range<Int>)
  }

  private enum ValueType: UInt32 {
    case uint8, int8, uint16, int16, uint32, int32, float32, boolean, text, array
    case uint64, int64, float64
  }

  private let file: MappedFile
  private var values: [String: Value] = [:]

  /// Reads `count` keys with their values.
  init(
    _ file: MappedFile, count: UInt64, cursor: inout GGUFCursor
  ) throws(GGUFError) {
    self.file = file
    for index in 0..<count {
      let key = try cursor.name(limit: Self.keyBytesMax, "metadata key \(index)")
      let number = try cursor.number(UInt32.self, "the type of \(key)")
      guard let type = ValueType(rawValue: number) else {
        throw .unknownValueType(key: key, type: number)
      }
      let value = try Self.value(of: type, key, &cursor)
      guard values.updateValue(value, forKey: key) == nil else {
        throw .duplicate(field: "metadata key", name: key)
      }
    }
  }

  /// The keys, in alphabetical order.
  package var keys: [String] { values.keys.sorted() }

  /// Whether there is a value under `key`.
  package func contains(_ key: String) -> Bool { values[key] != nil }

  /// The text under `key`.
  package func string(_ key: String) throws(GGUFError) -> String {
    let value = try value(key)
    guard case .text(let range) = value else { throw unexpected(key, value, "a text") }
    return try file.withUnsafeBytes { bytes throws(GGUFError) in
      try GGUFCursor(bytes).text(at: range, key)
    }
  }

  /// The integer under `key`, of any of the format's integer types.
  package func integer(_ key: String) throws(GGUFError) -> Int {
    let value = try value(key)
    let integer: Int? =
      switch value {
      case .unsigned(let number): Int(exactly: number)
      case .signed(let number): Int(exactly: number)
      default: nil
      }
    guard let integer else { throw unexpected(key, value, "an integer") }
    return integer
  }

  /// The number under `key`: a float of either size, or an integer.
  package func float(_ key: String) throws(GGUFError) -> Double {
    let value = try value(key)
    switch value {
    case .float(let number): return number
    case .unsigned(let number): return Double(number)
    case .signed(let number): return Double(number)
    default: throw unexpected(key, value, "a number")
    }
  }

  /// The truth value under `key`.
  package func boolean(_ key: String) throws(GGUFError) -> Bool {
    let value = try value(key)
    guard case .boolean(let flag) = value else { throw unexpected(key, value, "a truth value") }
    return flag
  }

  /// The number of elements of the array under `key`.
  package func elementCount(_ key: String) throws(GGUFError) -> Int {
    let value = try value(key)
    guard case .array(_, let count, _) = value else { throw unexpected(key, value, "an array") }
    return count
  }

  /// The array of texts under `key`.
  package func strings(_ key: String) throws(GGUFError) -> [String] {
    var strings: [String] = []
    try forEachString(key) { index, bytes throws(GGUFError) in
      guard let string = String(validating: bytes, as: UTF8.self) else {
        throw .notUTF8(field: "\(key)[\(index)]")
      }
      strings.append(string)
    }
    return strings
  }

  /// Calls `body` with the number and the bytes of each text of the array under `key`.
  ///
  /// The bytes need not be UTF-8 and are valid inside `body` only.
  package func forEachString(
    _ key: String, _ body: (Int, UnsafeRawBufferPointer) throws(GGUFError) -> Void
  ) throws(GGUFError) {
    let value = try value(key)
    guard case .array(of: .text, let count, let range) = value else {
      throw unexpected(key, value, "an array of texts")
    }
    try file.withUnsafeBytes { bytes throws(GGUFError) in
      var cursor = GGUFCursor(bytes, offset: range.lowerBound)
      for index in 0..<count {
        let text = try cursor.textRange("\(key)[\(index)]")
        try body(index, UnsafeRawBufferPointer(rebasing: bytes[text]))
      }
    }
  }

  /// The array of integers under `key`.
  package func integers(_ key: String) throws(GGUFError) -> [Int] {
    try elements(key, "an array of integers") { element in
      switch element {
      case .unsigned(let number): Int(exactly: number)
      case .signed(let number): Int(exactly: number)
      default: nil
      }
    }
  }

  /// The array of numbers under `key`.
  package func floats(_ key: String) throws(GGUFError) -> [Double] {
    try elements(key, "an array of numbers") { element in
      switch element {
      case .float(let number): number
      case .unsigned(let number): Double(number)
      case .signed(let number): Double(number)
      default: nil
      }
    }
  }

  private func elements<Element>(
    _ key: String, _ expected: String, _ convert: (Value) -> Element?
  ) throws(GGUFError) -> [Element] {
    let value = try value(key)
    guard case .array(let type, let count, let range) = value else {
      throw unexpected(key, value, expected)
    }
    return try file.withUnsafeBytes { bytes throws(GGUFError) in
      var cursor = GGUFCursor(bytes, offset: range.lowerBound)
      var elements: [Element] = []
      for _ in 0..<count {
        guard let element = convert(try Self.value(of: type, key, &cursor)) else {
          throw unexpected(key, value, expected)
        }
        elements.append(element)
      }
      return elements
    }
  }

  private func value(_ key: String) throws(GGUFError) -> Value {
    guard let value = values[key] else { throw .missingKey(key) }
    return value
  }

  private func unexpected(_ key: String, _ value: Value, _ expected: String) -> GGUFError {
    let actual =
      switch value {
      case .unsigned(let number): "the integer \(number)"
      case .signed(let number): "the integer \(number)"
      case .float(let number): "the number \(number)"
      case .boolean(let flag): "the truth value \(flag)"
      case .text: "a text"
      case .array(let type, let count, _): "an array of \(count) values of type \(type)"
      }
    return .unexpectedValue(key: key, expected: expected, actual: actual)
  }
}

// MARK: - Reading values

extension GGUFMetadata {
  private static func value(
    of type: ValueType, _ key: String, _ cursor: inout GGUFCursor
  ) throws(GGUFError) -> Value {
    switch type {
    case .uint8: return .unsigned(UInt64(try cursor.number(UInt8.self, key)))
    case .uint16: return .unsigned(UInt64(try cursor.number(UInt16.self, key)))
    case .uint32: return .unsigned(UInt64(try cursor.number(UInt32.self, key)))
    case .uint64: return .unsigned(try cursor.number(UInt64.self, key))
    case .int8: return .signed(Int64(try cursor.number(Int8.self, key)))
    case .int16: return .signed(Int64(try cursor.number(Int16.self, key)))
    case .int32: return .signed(Int64(try cursor.number(Int32.self, key)))
    case .int64: return .signed(try cursor.number(Int64.self, key))
    case .float32:
      return .float(Double(Float(bitPattern: try cursor.number(UInt32.self, key))))
    case .float64: return .float(Double(bitPattern: try cursor.number(UInt64.self, key)))
    case .boolean:
      let byte = try cursor.number(UInt8.self, key)
      guard byte <= 1 else { throw .boolean(key: key, value: byte) }
      return .boolean(byte == 1)
    case .text: return .text(try cursor.textRange(key))
    case .array: return try array(key, &cursor)
    }
  }

  /// Passes over an array; a count over what the rest of the file can hold is refused first.
  private static func array(
    _ key: String, _ cursor: inout GGUFCursor
  ) throws(GGUFError) -> Value {
    let number = try cursor.number(UInt32.self, "the element type of \(key)")
    guard let type = ValueType(rawValue: number) else {
      throw .unknownValueType(key: key, type: number)
    }
    guard type != .array else { throw .nestedArray(key: key) }
    let count = try cursor.number(UInt64.self, "the element count of \(key)")
    // A text has at least its length.
    let limit = UInt64(cursor.remaining / byteCountMin(of: type))
    guard count <= limit else {
      throw .limit(field: "the element count of \(key)", value: count, limit: limit)
    }
    let start = cursor.offset
    if type == .text {
      for index in 0..<count { _ = try cursor.textRange("\(key)[\(index)]") }
    } else {
      _ = try cursor.skip(count * UInt64(byteCountMin(of: type)), key)
    }
    return .array(of: type, count: Int(count), start..<cursor.offset)
  }

  /// The bytes of a value, or of its length.
  private static func byteCountMin(of type: ValueType) -> Int {
    switch type {
    case .uint8, .int8, .boolean: 1
    case .uint16, .int16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64, .text, .array: 8
    }
  }
}
