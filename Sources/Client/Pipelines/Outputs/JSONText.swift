import FoundationEssentials

/// JSON as this module writes it: sorted keys in `snake_case`, slashes as they are.
enum JSONText {
  /// The value on many lines, for people.
  static func document(_ value: some Encodable) throws -> [UInt8] {
    Array(try encoder(isPretty: true).encode(value)) + [UInt8(ascii: "\n")]
  }

  /// An encoder of one value a line.
  static func encoder(isPretty: Bool = false) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }

  /// The value in a document.
  static func value<Value: Decodable>(_: Value.Type, from bytes: [UInt8]) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(Value.self, from: Data(bytes))
  }
}
