private import FoundationEssentials

/// One row of a file of samples.
package struct Sample: Sendable, Equatable {
  /// The line in the file, counted from 1.
  package var line: Int
  /// The row's id, or its line number where it has none.
  package var id: String
  /// Whether the id stood in the row.
  package var hasOwnID: Bool
  /// The text, without U+0000, which no tokenizer keeps.
  package var text: String
  /// The class, where one was asked for.
  package var label: String?
}

/// Reads JSON Lines files of samples, plain or gzip, in memory that does not grow with the file.
///
/// Blank lines are passed over. A label or an id may be an integer or a truth value, which reads as
/// its text.
package struct SampleReader {
  /// What the rows must hold.
  package enum Requirement: Sendable {
    /// A text that may be empty.
    case text
    /// A text and a class, neither of them empty.
    case labelledText
    /// A class alone: a file of labels beside a file of features.
    case label
  }

  /// The most bytes of a line, unless told otherwise.
  package static let lineBytesMaxDefault = 8 << 20

  private let wanted: SampleRow.Wanted
  private let requirement: Requirement
  private var lines: JSONLineReader

  /// Opens the file at `path`; `-` is the standard input.
  package init(
    path: String, fields: SampleFields = SampleFields(), requirement: Requirement,
    lineBytesMax: Int = Self.lineBytesMaxDefault
  ) throws(InputError) {
    wanted = .init(fields: fields, needsLabel: requirement != .text)
    self.requirement = requirement
    lines = try JSONLineReader(path: path, lineBytesMax: lineBytesMax)
  }

  /// The next sample; none at the end of a file that had at least one.
  package mutating func next() throws(InputError) -> Sample? {
    guard let (line, place) = try lines.next() else { return nil }
    return try sample(
      from: lines.value(SampleRow.self, of: line, at: place, wanted), at: place)
  }

  private func sample(
    from row: SampleRow, at place: InputError.Place
  ) throws(InputError) -> Sample {
    let fields = wanted.fields
    var text = ""
    if requirement != .label {
      text = try string(row.text, named: fields.text, expected: "a string", row, place)
      if text.unicodeScalars.contains("\0") {
        text = String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\0" }))
      }
      if requirement == .labelledText, text.utf8.allSatisfy({ $0 <= 32 }) {
        throw .emptyField(place, field: fields.text)
      }
    }
    var label: String?
    if requirement != .text {
      let name = try string(row.label, named: fields.label, expected: "a string", row, place)
      guard !name.isEmpty else { throw .emptyField(place, field: fields.label) }
      guard !name.utf8.contains(0) else { throw .nullCharacter(place, field: fields.label) }
      label = name
    }
    var id = "\(place.line)"
    let hasOwnID = row.id != .missing
    if hasOwnID {
      id = try string(row.id, named: fields.id, expected: "a string or an integer", row, place)
      guard !id.isEmpty else { throw .emptyField(place, field: fields.id) }
      guard !id.utf8.contains(0) else { throw .nullCharacter(place, field: fields.id) }
    }
    return Sample(line: place.line, id: id, hasOwnID: hasOwnID, text: text, label: label)
  }

  private func string(
    _ value: SampleRow.Value, named name: String, expected: String, _ row: SampleRow,
    _ place: InputError.Place
  ) throws(InputError) -> String {
    switch value {
    case .string(let string): return string
    case .missing: throw .fieldMissing(place, field: name, present: row.presentFields)
    case .other(let found):
      throw .wrongType(place, field: name, expected: expected, found: found)
    }
  }
}
