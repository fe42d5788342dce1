import FoundationEssentials

/// Reads JSON Lines files, plain or gzip, in memory that does not grow with the file.
///
/// Blank lines are passed over, and a byte order mark before the first line is.
struct JSONLineReader {
  private let name: String
  private let source: ByteSource
  private var splitter: LineSplitter
  private let decoder = JSONDecoder()
  private var rowCount = 0

  /// Opens the file at `path`; `-` is the standard input.
  init(path: String, lineBytesMax: Int) throws(InputError) {
    name = path == "-" ? "standard input" : path
    source = try ByteSource(path: path)
    splitter = LineSplitter(lineBytesMax: lineBytesMax)
  }

  /// The object of the next line and its place; none at the end of a file that had at least one.
  mutating func next<Row: DecodableWithConfiguration>(
    _: Row.Type, configuration: Row.DecodingConfiguration
  ) throws(InputError) -> (row: Row, place: InputError.Place)? {
    guard let (bytes, place) = try nextLine() else { return nil }
    if let offset = Self.firstInvalidOffset(in: bytes) {
      throw .notUTF8(place, offset: offset)
    }
    do {
      return (try decoder.decode(Row.self, from: Data(bytes), configuration: configuration), place)
    } catch let DecodingError.dataCorrupted(context) {
      throw .notJSON(place, reason: Self.reason(context))
    } catch {
      throw .notObject(place, found: Self.kind(startingWith: bytes.first { $0 > 32 }))
    }
  }

  private mutating func nextLine() throws(InputError) -> (ArraySlice<UInt8>, InputError.Place)? {
    while true {
      switch splitter.next() {
      case .line(let bytes):
        let place = InputError.Place(path: name, line: splitter.lineCount)
        guard !bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) else { continue }
        rowCount += 1
        // A byte order mark, as some editors put before the first line.
        let isMarked = place.line == 1 && bytes.starts(with: [0xef, 0xbb, 0xbf])
        return (bytes[(isMarked ? 3 : 0)...], place)
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
