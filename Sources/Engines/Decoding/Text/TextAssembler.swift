/// Turns the bytes of tokens into text: whole characters, and nothing from a stop string on.
///
/// Bytes are held back while they are the beginning of a character or of a stop string. Bytes that
/// are no UTF-8 become U+FFFD, one for each maximal part of a character as the Unicode standard
/// recommends, and so does NUL. The texts together do not depend on where tokens begin.
struct TextAssembler: Sendable {
  private var search: StopStringSearch
  private let strings: [String]
  /// The bytes that were not given out yet.
  private var held: [UInt8] = []
  /// The number of bytes that were given out.
  private var givenCount = 0

  /// Ends the text before the first of these strings.
  init(stopStrings: [String]) {
    strings = stopStrings
    search = StopStringSearch(stopStrings)
  }

  /// Takes the bytes of a token and returns the stop string that they complete, if they do.
  ///
  /// After a stop string nothing may follow but `finish()`.
  mutating func append(_ bytes: [UInt8]) -> String? {
    for byte in bytes {
      held.append(byte)
      if let found = search.append(byte) {
        held.removeLast(givenCount + held.count - found.start)
        search = StopStringSearch([])
        return strings[found.index]
      }
    }
    return nil
  }

  /// The text that is certain by now and was not given out yet.
  mutating func takeText() -> String {
    let certain = held.count - search.pendingCount
    let count = certain - incompleteSuffixCount(held[..<max(0, certain)])
    guard count > 0 else { return "" }
    let text = decoded(held[..<count])
    held.removeFirst(count)
    givenCount += count
    return text
  }

  /// The rest of the text.
  mutating func finish() -> String {
    defer { held = [] }
    return decoded(held[...])
  }

  private func decoded(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard bytes.contains(0) else { return text }
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { scalars.append(scalar.value == 0 ? "\u{FFFD}" : scalar) }
    return String(scalars)
  }
}

/// The number of last bytes that are the beginning of a character whose rest may still come.
func incompleteSuffixCount(_ bytes: ArraySlice<UInt8>) -> Int {
  for count in 1...3 {
    guard count <= bytes.count else { return 0 }
    let lead = bytes[bytes.endIndex - count]
    if lead & 0xC0 == 0x80 { continue }
    guard let length = characterLength(lead), length > count else { return 0 }
    return isBeginning(bytes.suffix(count)) ? count : 0
  }
  return 0
}

/// The number of bytes of a character that begins with `lead`, nil where none does.
private func characterLength(_ lead: UInt8) -> Int? {
  switch lead {
  case 0...0x7F: 1
  case 0xC2...0xDF: 2
  case 0xE0...0xEF: 3
  case 0xF0...0xF4: 4
  default: nil
  }
}

/// Whether a lead byte and its continuation bytes can become a character: no overlong forms, no
/// surrogates, nothing above U+10FFFF.
private func isBeginning(_ bytes: ArraySlice<UInt8>) -> Bool {
  guard bytes.count > 1 else { return true }
  let second = bytes[bytes.startIndex + 1]
  switch bytes[bytes.startIndex] {
  case 0xE0: return second >= 0xA0
  case 0xED: return second < 0xA0
  case 0xF0: return second >= 0x90
  case 0xF4: return second < 0x90
  default: return true
  }
}
