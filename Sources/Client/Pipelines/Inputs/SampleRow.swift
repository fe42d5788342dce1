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

  var text: FieldValue
  var label: FieldValue
  var id: FieldValue
  var presentFields: [String]

  init(from decoder: any Decoder, configuration wanted: Wanted) throws {
    let container = try decoder.container(keyedBy: FieldName.self)
    text = FieldValue(in: container, named: wanted.fields.text, acceptsNumbers: false)
    label =
      wanted.needsLabel
      ? FieldValue(in: container, named: wanted.fields.label, acceptsNumbers: true) : .missing
    id = FieldValue(in: container, named: wanted.fields.id, acceptsNumbers: true)
    presentFields = container.allKeys.map { $0.stringValue }
  }
}
