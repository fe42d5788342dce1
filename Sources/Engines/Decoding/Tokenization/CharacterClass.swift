/// What a character is to the rules that split text into words.
enum CharacterClass: UInt8 {
  /// Punctuation, symbols, marks, controls and what Unicode does not define.
  case other
  /// A letter, Unicode category L.
  case letter
  /// A number, Unicode category N.
  case number
  /// White space.
  case space
}

/// The class of each Unicode scalar, found in two array reads; about 60 KB.
struct CharacterClasses: Sendable {
  /// The tables that the supported models share.
  static let standard = CharacterClasses()

  private var pages = [UInt8](repeating: 0, count: 0x1100)
  private var classes = [UInt8](repeating: CharacterClass.other.rawValue, count: 256)

  private init() {
    let lists: [(String, CharacterClass)] = [
      (CharacterRanges.letters, .letter), (CharacterRanges.numbers, .number),
      (CharacterRanges.spaces, .space),
    ]
    // Runs of whole pages of one class, such as ideographs, share a page.
    var uniform: [CharacterClass: UInt8] = [:]
    for (list, kind) in lists {
      for range in Self.ranges(list) {
        var scalar = range.lowerBound
        while scalar <= range.upperBound {
          let page = Int(scalar >> 8)
          if scalar & 0xff == 0, scalar + 0xff <= range.upperBound {
            let number = uniform[kind] ?? addPage(filledWith: kind)
            uniform[kind] = number
            pages[page] = number
            scalar += 0x100
            continue
          }
          if pages[page] == 0 { pages[page] = addPage(filledWith: .other) }
          classes[Int(pages[page]) << 8 | Int(scalar & 0xff)] = kind.rawValue
          scalar += 1
        }
      }
    }
  }

  /// The class of `scalar`.
  subscript(scalar: UInt32) -> CharacterClass {
    let raw = classes[Int(pages[Int(scalar >> 8)]) << 8 | Int(scalar & 0xff)]
    return CharacterClass(rawValue: raw) ?? .other
  }

  private mutating func addPage(filledWith kind: CharacterClass) -> UInt8 {
    let number = classes.count >> 8
    precondition(number <= 0xff, "page \(number)")
    classes += repeatElement(kind.rawValue, count: 256)
    return UInt8(number)
  }

  private static func ranges(_ list: String) -> [ClosedRange<UInt32>] {
    list.split(whereSeparator: { $0 == " " || $0 == "\n" }).map { entry in
      let bounds = entry.split(separator: "-").map { text in
        guard let number = UInt32(text, radix: 16) else { preconditionFailure("range \(entry)") }
        return number
      }
      return bounds[0]...bounds[bounds.count - 1]
    }
  }
}
