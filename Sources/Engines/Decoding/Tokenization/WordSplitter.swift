/// The rules by which text is cut into the words inside which bytes are merged.
package enum WordSplit: String, Sendable, CaseIterable {
  /// GPT-2's rules, by their name in GGUF files.
  case gpt2 = "gpt-2"
  /// Each number on its own first, then GPT-2's rules inside what is between the numbers.
  case smollm
}

/// Cuts UTF-8 text into words, one after the other.
///
/// GPT-2's rules, of which the first that fits is taken: a contraction (`'s 't 're 've 'm 'll 'd`);
/// letters, numbers, or other characters, each run with at most one space before it; white space
/// but for its last character before another word; white space. Cost: one pass. Source: the
/// encoder of GPT-2, Radford et al., 2019.
struct WordSplitter {
  private let split: WordSplit
  private let classes: CharacterClasses
  /// The end of the last word, which is the start of the next.
  private(set) var position: Int
  private let end: Int

  /// Starts at the beginning of `range`, which must not cut a character.
  init(_ split: WordSplit, range: Range<Int>, classes: CharacterClasses = .standard) {
    self.split = split
    self.classes = classes
    position = range.lowerBound
    end = range.upperBound
  }

  /// The next word of `text`, or nil at the end.
  mutating func next(in text: Span<UInt8>) -> Range<Int>? {
    guard position < end else { return nil }
    let start = position
    if let contraction = contraction(at: start, in: text) {
      position += contraction
      return start..<position
    }
    var index = start
    let first = character(at: index, in: text)
    if first.kind == .number, split == .smollm {
      position += first.byteCount
      return start..<position
    }
    // The space that may come before a word.
    if text[start] == 0x20, start + 1 < end { index += 1 }
    let kind = character(at: index, in: text).kind
    if kind != .space, !(kind == .number && split == .smollm) {
      position = run(of: kind, from: index, in: text)
    } else {
      position = spaces(from: start, in: text)
    }
    return start..<position
  }

  /// The end of a run of characters of one class.
  private func run(of kind: CharacterClass, from start: Int, in text: Span<UInt8>) -> Int {
    var index = start
    while index < end {
      let character = character(at: index, in: text)
      guard character.kind == kind else { break }
      index += character.byteCount
    }
    return index
  }

  /// The end of a word of white space: its last character belongs to the word after it.
  private func spaces(from start: Int, in text: Span<UInt8>) -> Int {
    var index = start
    var last = start
    while index < end {
      let character = character(at: index, in: text)
      guard character.kind == .space else {
        let isSeparate = character.kind == .number && split == .smollm
        return last == start || isSeparate ? index : last
      }
      last = index
      index += character.byteCount
    }
    return index
  }

  /// The bytes of a contraction.
  private func contraction(at start: Int, in text: Span<UInt8>) -> Int? {
    guard text[start] == UInt8(ascii: "'"), start + 1 < end else { return nil }
    switch text[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start + 2 < end && text[start + 2] == UInt8(ascii: "e") ? 3 : nil
    case UInt8(ascii: "l"):
      return start + 2 < end && text[start + 2] == UInt8(ascii: "l") ? 3 : nil
    default: return nil
    }
  }

  /// The class and the size of the character at `index` of valid UTF-8.
  private func character(
    at index: Int, in text: Span<UInt8>
  ) -> (kind: CharacterClass, byteCount: Int) {
    let first = UInt32(text[index])
    if first < 0x80 { return (classes[first], 1) }
    let byteCount = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
    var scalar = first & (0x7f >> UInt32(byteCount))
    for offset in 1..<byteCount { scalar = scalar << 6 | UInt32(text[index + offset] & 0x3f) }
    return (classes[scalar], byteCount)
  }
}
