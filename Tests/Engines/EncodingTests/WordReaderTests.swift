import Foundation
import Testing

@testable import Encoding

@Suite struct WordReaderTests {
  static let table = CharacterTable(folds: true, splitsIdeographs: true)

  private func words(_ text: String, limit: Int = 100, specials: [String] = []) -> [String] {
    var reader = WordReader(
      table: Self.table, characterCountMax: limit, specials: specials.map { Array($0.utf8) })
    let bytes = text.utf8.span
    var words: [String] = []
    while true {
      switch reader.next(in: bytes) {
      case .word: words.append(String(decoding: reader.word, as: UTF8.self))
      case .special(let index): words.append("<\(specials[index])>")
      case .end: return words
      }
    }
  }

  @Test(arguments: [
    ("Hello, World!", ["hello", ",", "world", "!"]),
    ("", []), (" \t\r\n\u{a0}\u{3000}", []),
    ("na\u{ef}ve re\u{301}sume\u{301}", ["naive", "resume"]),
    ("zero\u{200b}width\u{ad}", ["zerowidth"]),
    ("\u{20ac}50", ["\u{20ac}50"]),
    ("\u{4e2d}\u{6587}ab", ["\u{4e2d}", "\u{6587}", "ab"]),
    ("\u{130}stanbul", ["istanbul"]),
    ("a\u{37e}b", ["a", ";", "b"]),
    ("\u{ac01}", ["\u{1100}\u{1161}\u{11a8}"]),
  ])
  func `words are normalised as BERT does`(text: String, expected: [String]) {
    #expect(words(text) == expected)
  }

  @Test func `special pieces are found as they are written`() {
    #expect(words("a[SEP]b [sep]", specials: ["[SEP]"]) == ["a", "<[SEP]>", "b", "[", "sep", "]"])
    #expect(words("[[SEP", specials: ["[SEP]"]) == ["[", "[", "sep"])
    #expect(words("abc", specials: ["a", "ab"]) == ["<ab>", "c"])
  }

  @Test func `a long word keeps its length and not its bytes`() {
    var reader = WordReader(table: Self.table, characterCountMax: 4, specials: [])
    let text = "abcdefgh i"
    #expect(reader.next(in: text.utf8.span) == .word)
    #expect(reader.characterCount == 8)
    #expect(reader.word == Array("abcd".utf8))
    #expect(reader.next(in: text.utf8.span) == .word)
    #expect(reader.word == Array("i".utf8))
  }

  @Test func `every scalar is treated as Hugging Face's tokeniser treats it`() throws {
    let golden = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Goldens/word-piece-scalars.txt")
    let lines = try String(contentsOf: golden, encoding: .utf8).split(separator: "\n").dropFirst()
    #expect(lines.count == 272)
    for line in lines {
      let fields = line.split(separator: " ")
      let block = try #require(UInt32(fields[0], radix: 16))
      var digest: UInt64 = 0xcbf2_9ce4_8422_2325
      for value in block..<block + 4096 {
        guard let scalar = Unicode.Scalar(value) else { continue }
        let found = words("a\(Character(scalar))b").joined(separator: "\n")
        for byte in Array(found.utf8) + [0] {
          digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3
        }
      }
      #expect(String(digest, radix: 16) == fields[1].drop { $0 == "0" }, "block \(fields[0])")
    }
  }
}
