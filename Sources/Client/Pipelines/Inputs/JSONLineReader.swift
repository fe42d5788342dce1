import FoundationEssentials

/// Reads files with one JSON object a line, plain or gzip, in memory that does not grow with the
/// file.
///
/// Blank lines are passed over.
struct JSONLineReader {
  private let name: String
  private let source: ByteSource
  private var splitter: LineSplitter
  private let decoder = JSONDecoder()
  private var rowCount = 0

  /// Opens the file at `path`; `-` is the standard input.
  init(
    path: String, lineBytesMax: Int = SampleReader.lineBytesMaxDefault
  ) throws(InputError) {
    name = path == "-" ? "standard input" : path
    source = try ByteSource(path: path)
    splitter = LineSplitter(lineBytesMax: lineBytesMax)
  }

  /// The next line that is not blank, and its place; none at the end of a file that had at least
  /// one.
  mutating func next() throws(InputError) -> (line: ArraySlice<UInt8>, place: InputError.Place)? {
    while true {
      switch splitter.next() {
      case .line(let bytes):
        let place = InputError.Place(path: name, line: splitter.lineCount)
        guard !bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) else { continue }
        rowCount += 1
        var line = bytes[...]
        // A byte order mark, as some editors put before the first line.
        if place.line == 1, line.starts(with: [0xef, 0xbb, 0xbf]) { line = line.dropFirst(3) }
        return (line, place)
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

  /// The JSON object of a line.
  func value<Value: DecodableWithConfiguration>(
    _: Value.Type, of line: ArraySlice<UInt8>, at place: InputError.Place,
    _ configuration: Value.DecodingConfiguration
  ) throws(InputError) -> Value {
    if let offset = Self.firstInvalidOffset(in: line) {
      throw .notUTF8(place, offset: offset)
    }
    do {
      return try decoder.decode(Value.self, from: Data(line), configuration: configuration)
    } catch let DecodingError.dataCorrupted(context) {
      throw .notJSON(place, reason: Self.reason(context))
    } catch {
      throw .notObject(place, found: Self.kind(startingWith: line.first { $0 > 32 }))
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
