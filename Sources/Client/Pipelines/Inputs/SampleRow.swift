private import FoundationEssentials

/// The names of the fields that hold a sample.
package struct SampleFields: Sendable, Equatable, Codable {
  /// The field with the text.
  package var text: String
  /// The field with the class.
  package var label: String
  /// The field with the sample's id, which may be missing: then the line number is the id.
  package var id: String

  /// Creates field names.
  package init(text: String = "text", label: String = "label", id: String = "id") {
    self.text = text
    self.label = label
    self.id = id
  }
}

/// What one JSON object says, before it is judged.
struct SampleRow: DecodableWithConfiguration {
  /// What is wanted from an object.
  struct Wanted {
    var fields: SampleFields
    var needsLabel: Bool
  }

  /// What stands in a field.
  enum Value: Equatable {
    case string(String)
    case missing
    case other(String)
  }

  var text: Value
  var label: Value
  var id: Value
  var presentFields: [String]

  init(from decoder: any Decoder, configuration wanted: Wanted) throws {
    let container = try decoder.container(keyedBy: FieldName.self)
    text = Self.value(in: container, named: wanted.fields.text, acceptsNumbers: false)
    label =
      wanted.needsLabel
      ? Self.value(in: container, named: wanted.fields.label, acceptsNumbers: true) : .missing
    id = Self.value(in: container, named: wanted.fields.id, acceptsNumbers: true)
    presentFields = container.allKeys.map { $0.stringValue }
  }

  /// The value of a field; where numbers are accepted, integers and truth values read as their
  /// text.
  static func value(
    in container: KeyedDecodingContainer<FieldName>, named name: String, acceptsNumbers: Bool
  ) -> Value {
    let key = FieldName(stringValue: name)
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

extension SampleRow.Value {
  /// The text of the field `name`, which has to be there, to be text, and to have no NUL.
  func text(
    _ name: String, expected: String = "a string", present: [String], at place: InputError.Place
  ) throws(InputError) -> String {
    switch self {
    case .string(let text):
      guard !text.utf8.contains(0) else { throw .nullCharacter(place, field: name) }
      return text
    case .missing: throw .fieldMissing(place, field: name, present: present)
    case .other(let found):
      throw .wrongType(place, field: name, expected: expected, found: found)
    }
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
