/// Cuts a text into the normalised words that WordPiece splits further.
///
/// The reader takes one pass over the UTF-8 bytes and keeps the word that it is in, so a text of
/// any length needs constant memory and reading can end at any word. The canonical reordering of
/// combining marks is left out: it could only reorder marks that no vocabulary of this kind has.
struct WordReader {
  /// What stands next in the text.
  enum Event: Equatable {
    /// A word, whose bytes are in `word`.
    case word
    /// A special piece that stands in the text as it is written, by its index in `specials`.
    case special(Int)
    /// The end of the text.
    case end
  }

  /// The UTF-8 bytes of the word that `next` found, cut after `characterCountMax` characters.
  private(set) var word: [UInt8] = []
  /// The number of characters of that word, cut or not.
  private(set) var characterCount = 0

  private let table: CharacterTable
  private let characterCountMax: Int
  private let specials: [[UInt8]]
  private let startsSpecial: [Bool]
  private var offset = 0

  /// Starts at the beginning of a text.
  init(table: CharacterTable, characterCountMax: Int, specials: [[UInt8]]) {
    self.table = table
    self.characterCountMax = characterCountMax
    self.specials = specials
    var startsSpecial = [Bool](repeating: false, count: 256)
    for special in specials { startsSpecial[Int(special[0])] = true }
    self.startsSpecial = startsSpecial
    word.reserveCapacity(4 * characterCountMax + 4)
  }

  /// Reads on in `text`, which must be the same, valid UTF-8 at each call.
  mutating func next(in text: Span<UInt8>) -> Event {
    word.removeAll(keepingCapacity: true)
    characterCount = 0
    while offset < text.count {
      let byte = text[offset]
      if startsSpecial[Int(byte)], let index = special(in: text) {
        guard characterCount == 0 else { return .word }
        offset += specials[index].count
        return .special(index)
      }
      let (scalar, length) = Self.scalar(in: text, at: offset)
      switch table.action(scalar) {
      case .letter(let letter): append(letter)
      case .removed: break
      case .space:
        offset += length
        if characterCount > 0 { return .word }
        continue
      case .word(let letter):
        // The word before it comes first, and this character is met again.
        guard characterCount == 0 else { return .word }
        offset += length
        append(letter)
        return .word
      case .letters(let range):
        for index in range { append(table.expansions[index]) }
      case .syllable(let syllable): append(syllable: syllable)
      }
      offset += length
    }
    return characterCount > 0 ? .word : .end
  }

  private func special(in text: Span<UInt8>) -> Int? {
    var longest: Int?
    for (index, special) in specials.enumerated()
    where special.count > longest.map({ specials[$0].count }) ?? 0
      && offset + special.count <= text.count
    {
      var matched = 0
      while matched < special.count, text[offset + matched] == special[matched] { matched += 1 }
      if matched == special.count { longest = index }
    }
    return longest
  }

  private mutating func append(syllable: UInt32) {
    let index = syllable - 0xac00
    append(0x1100 + index / 588)
    append(0x1161 + index % 588 / 28)
    if index % 28 != 0 { append(0x11a7 + index % 28) }
  }

  private mutating func append(_ scalar: UInt32) {
    characterCount += 1
    guard characterCount <= characterCountMax else { return }
    switch scalar {
    case 0..<0x80: word.append(UInt8(scalar))
    case 0x80..<0x800:
      word.append(UInt8(0xc0 | scalar >> 6))
      word.append(UInt8(0x80 | scalar & 0x3f))
    case 0x800..<0x10000:
      word.append(UInt8(0xe0 | scalar >> 12))
      word.append(UInt8(0x80 | scalar >> 6 & 0x3f))
      word.append(UInt8(0x80 | scalar & 0x3f))
    default:
      word.append(UInt8(0xf0 | scalar >> 18))
      word.append(UInt8(0x80 | scalar >> 12 & 0x3f))
      word.append(UInt8(0x80 | scalar >> 6 & 0x3f))
      word.append(UInt8(0x80 | scalar & 0x3f))
    }
  }

  private static func scalar(in text: Span<UInt8>, at offset: Int) -> (UInt32, length: Int) {
    func bits(_ distance: Int) -> UInt32 { UInt32(text[offset + distance] & 0x3f) }
    let first = UInt32(text[offset])
    return switch first {
    case 0..<0x80: (first, 1)
    case 0x80..<0xe0: ((first & 0x1f) << 6 | bits(1), 2)
    case 0xe0..<0xf0: ((first & 0x0f) << 12 | bits(1) << 6 | bits(2), 3)
    default: ((first & 0x07) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3), 4)
    }
  }
}
