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

  private let path: String
  private let name: String
  private let wanted: SampleRow.Wanted
  private let requirement: Requirement
  private let source: ByteSource
  private var splitter: LineSplitter
  private let decoder = JSONDecoder()
  private var rowCount = 0

  /// Opens the file at `path`; `-` is the standard input.
  package init(
    path: String, fields: SampleFields = SampleFields(), requirement: Requirement,
    lineBytesMax: Int = Self.lineBytesMaxDefault
  ) throws(InputError) {
    self.path = path
    name = path == "-" ? "standard input" : path
    wanted = .init(fields: fields, needsLabel: requirement != .text)
    self.requirement = requirement
    source = try ByteSource(path: path)
    splitter = LineSplitter(lineBytesMax: lineBytesMax)
  }

  /// The next sample; none at the end of a file that had at least one.
  package mutating func next() throws(InputError) -> Sample? {
    while true {
      switch splitter.next() {
      case .line(let bytes):
        let place = InputError.Place(path: name, line: splitter.lineCount)
        guard !bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) else { continue }
        rowCount += 1
        return try sample(from: bytes, at: place)
      case .tooLong:
        throw .lineTooLong(
          .init(path: name, line: splitter.lineCount + 1), limit: splitter.lineBytesMax)
      case .end:
        guard rowCount > 0 else { throw .empty(path: name) }
        return nil
      case .needsBytes:
        var splitter = self.splitter
        self.splitter = LineSplitter(lineBytesMax: splitter.lineBytesMax)
        try source.withNextBytes { splitter.append($0) }
        self.splitter = splitter
      }
    }
  }

  private func sample(
    from line: [UInt8], at place: InputError.Place
  ) throws(InputError) -> Sample {
    var bytes = line[...]
    // A byte order mark, as some editors put before the first line.
    if place.line == 1, bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes = bytes.dropFirst(3) }
    if let offset = Self.firstInvalidOffset(in: bytes) {
      throw .notUTF8(place, offset: offset)
    }
    let row: SampleRow
    do {
      row = try decoder.decode(SampleRow.self, from: Data(bytes), configuration: wanted)
    } catch let DecodingError.dataCorrupted(context) {
      throw .notJSON(place, reason: Self.reason(context))
    } catch {
      throw .notObject(place, found: Self.kind(startingWith: bytes.first { $0 > 32 }))
    }
    return try sample(from: row, at: place)
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

  /// The kind of the JSON value that starts with `byte`.
  private static func kind(startingWith byte: UInt8?) -> String {
    switch byte.map({ Unicode.Scalar($0) }) {
    case "[": "an array"
    case "\"": "a string"
    case "t", "f": "true or false"
    case "n": "null"
    default: "a number"
    }
  }

  /// The parser's own words on what is wrong where.
  private static func reason(_ context: DecodingError.Context) -> String {
    if let cause = context.underlyingError as? CocoaError,
      let words = cause.userInfo["NSDebugDescription"] as? String
    {
      return words
    }
    return context.debugDescription
  }

  /// The offset of the first byte that is not UTF-8.
  private static func firstInvalidOffset(in bytes: ArraySlice<UInt8>) -> Int? {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      return nil
    } catch {
      return error.byteOffsets.lowerBound
    }
  }
}
