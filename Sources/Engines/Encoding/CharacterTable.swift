/// What a tokeniser does with each Unicode scalar, found in two array reads.
///
/// The table is made once from the lists of ranges in `CharacterTables`; it has a block of 256
/// entries for each page of scalars that is not all letters, about 150 KB.
struct CharacterTable: Sendable {
  /// What becomes of a scalar.
  enum Action: Equatable {
    /// It is part of a word, written as this scalar.
    case letter(UInt32)
    /// It is a word of its own, written as this scalar.
    case word(UInt32)
    /// It separates words.
    case space
    /// It vanishes; its neighbours join.
    case removed
    /// It is part of a word, written as several scalars, at these indices of `expansions`.
    case letters(Range<Int>)
    /// It is a Hangul syllable that falls into its letters.
    case syllable(UInt32)
  }

  /// The scalars of all multiple replacements, one after the other.
  private(set) var expansions: [UInt32] = []
  // An entry is a kind in the top four bits and a scalar or an index below.
  private var pages = [UInt16](repeating: 0, count: 0x1100)
  private var entries = [UInt32](repeating: Kind.same.rawValue << 28, count: 256)

  private enum Kind: UInt32 {
    case same, letter, word, sameWord, space, removed, letters, syllable
  }

  /// Makes the table of an uncased (`folds`) or cased model.
  init(folds: Bool, splitsIdeographs: Bool) {
    if folds {
      for scalar in UInt32(0xac00)...0xd7a3 { self[scalar] = (.syllable, 0) }
      applyFolds()
    }
    for range in Self.ranges(CharacterTables.removed) {
      for scalar in range { self[scalar] = (.removed, 0) }
    }
    for range in Self.ranges(CharacterTables.spaces) {
      for scalar in range { self[scalar] = (.space, 0) }
    }
    let punctuation = Self.ranges(CharacterTables.punctuation)
    for range in punctuation {
      for scalar in range where self[scalar].kind == .same { self[scalar] = (.sameWord, 0) }
    }
    if folds { separateFoldedPunctuation(punctuation) }
    guard splitsIdeographs else { return }
    for range in Self.ranges(CharacterTables.ideographs) {
      for scalar in range {
        let (kind, value) = self[scalar]
        self[scalar] = kind == .letter ? (.word, value) : (.sameWord, 0)
      }
    }
  }

  /// What becomes of `scalar`.
  func action(_ scalar: UInt32) -> Action {
    let entry = entries[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xff)]
    let value = entry & 0x0fff_ffff
    return switch entry >> 28 {
    case Kind.same.rawValue: .letter(scalar)
    case Kind.letter.rawValue: .letter(value)
    case Kind.word.rawValue: .word(value)
    case Kind.sameWord.rawValue: .word(scalar)
    case Kind.space.rawValue: .space
    case Kind.letters.rawValue: .letters(Int(value >> 4)..<Int(value >> 4 + value & 15))
    case Kind.syllable.rawValue: .syllable(scalar)
    default: .removed
    }
  }

  private subscript(scalar: UInt32) -> (kind: Kind, value: UInt32) {
    get {
      let entry = entries[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xff)]
      return (Kind(rawValue: entry >> 28) ?? .same, entry & 0x0fff_ffff)
    }
    set {
      let page = Int(scalar >> 8)
      if pages[page] == 0 {
        pages[page] = UInt16(entries.count >> 8)
        entries += repeatElement(Kind.same.rawValue << 28, count: 256)
      }
      entries[Int(pages[page]) << 8 | Int(scalar & 0xff)] =
        newValue.kind.rawValue << 28
        | newValue.value
    }
  }

  // A character can fold to a punctuation mark, for example the Greek question mark.
  private mutating func separateFoldedPunctuation(_ punctuation: [ClosedRange<UInt32>]) {
    for page in pages.indices where pages[page] != 0 {
      for scalar in UInt32(page) << 8...UInt32(page) << 8 | 0xff {
        let (kind, value) = self[scalar]
        if kind == .letter, punctuation.contains(where: { $0.contains(value) }) {
          self[scalar] = (.word, value)
        }
      }
    }
  }

  private mutating func applyFolds() {
    for entry in CharacterTables.folds.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
      if let colon = entry.firstIndex(of: ":") {
        let range = Self.range(entry[..<colon])
        let replacements = entry[entry.index(after: colon)...].split(separator: ".").map {
          Self.number($0)
        }
        for scalar in range {
          self[scalar] =
            replacements.isEmpty
            ? (.removed, 0)
            : (.letters, UInt32(expansions.count << 4 | replacements.count))
        }
        expansions += replacements
        continue
      }
      applyShift(entry)
    }
  }

  // `a+d`, `a-d`, `a-b+d`, `a-b-d`, and with `/2` before the sign every second scalar.
  private mutating func applyShift(_ entry: Substring) {
    guard let sign = entry.lastIndex(where: { $0 == "+" || $0 == "-" }) else {
      preconditionFailure("fold \(entry)")
    }
    let size = Int64(Self.number(entry[entry.index(after: sign)...]))
    let delta = entry[sign] == "+" ? size : -size
    var span = entry[..<sign]
    var step: UInt32 = 1
    if span.hasSuffix("/2") {
      step = 2
      span = span.dropLast(2)
    }
    let range = Self.range(span)
    for scalar in stride(from: range.lowerBound, through: range.upperBound, by: Int(step)) {
      self[scalar] = (.letter, UInt32(Int64(scalar) + delta))
    }
  }

  private static func ranges(_ list: String) -> [ClosedRange<UInt32>] {
    list.split(whereSeparator: { $0 == " " || $0 == "\n" }).map(range)
  }

  private static func range(_ text: Substring) -> ClosedRange<UInt32> {
    let bounds = text.split(separator: "-").map { number($0) }
    return bounds[0]...bounds[bounds.count - 1]
  }

  private static func number(_ text: Substring) -> UInt32 {
    guard let number = UInt32(text, radix: 16) else { preconditionFailure("number \(text)") }
    return number
  }
}
