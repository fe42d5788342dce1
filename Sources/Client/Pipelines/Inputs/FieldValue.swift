/// What stands in a field of a JSON object, before it is judged.
enum FieldValue: Equatable {
  case string(String)
  case missing
  case other(String)

  /// The value of a field; where numbers are accepted, integers and truth values read as their
  /// text.
  init(
    in container: KeyedDecodingContainer<FieldName>, named name: String, acceptsNumbers: Bool
  ) {
    let key = FieldName(stringValue: name)
    self = Self.value(in: container, key, acceptsNumbers)
  }

  /// The string, or why there is none.
  func string(
    named name: String, expected: String, present: [String], at place: InputError.Place
  ) throws(InputError) -> String {
    switch self {
    case .string(let string): return string
    case .missing: throw .fieldMissing(place, field: name, present: present)
    case .other(let found):
      throw .wrongType(place, field: name, expected: expected, found: found)
    }
  }

  private static func value(
    in container: KeyedDecodingContainer<FieldName>, _ key: FieldName, _ acceptsNumbers: Bool
  ) -> FieldValue {
    guard container.contains(key) else { return .missing }
    if let string = decoded(String.self, container, key) { return .string(string) }
    if let truth = decoded(Bool.self, container, key) {
      return acceptsNumbers ? .string(truth ? "true" : "false") : .other("true or false")
    }
    if let integer = decoded(Int.self, container, key) {
      return acceptsNumbers ? .string("\(integer)") : .other("a number")
    }
    if decoded(Double.self, container, key) != nil {
      return .other(acceptsNumbers ? "a fraction" : "a number")
    }
    if decoded([String: Ignored].self, container, key) != nil { return .other("an object") }
    if decoded([Ignored].self, container, key) != nil { return .other("an array") }
    return .other("null")
  }

  private static func decoded<Value: Decodable>(
    _: Value.Type, _ container: KeyedDecodingContainer<FieldName>, _ key: FieldName
  ) -> Value? {
    // ignoring: the cause is that the field has another type, which the caller goes on to find.
    try? container.decode(Value.self, forKey: key)
  }
}

/// A field name that is known at run time only.
struct FieldName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(stringValue: String) { self.stringValue = stringValue }

  init?(intValue: Int) { nil }
}

/// Any JSON value, which is not looked at.
private struct Ignored: Decodable {
  init(from decoder: any Decoder) {}
}
