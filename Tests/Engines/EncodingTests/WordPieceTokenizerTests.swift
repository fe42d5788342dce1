import ModelFiles
import TestSupport
import Testing

@testable import Encoding

@Suite struct WordPieceTokenizerTests {
  static let tokenizer = WordPieceTokenizer(
    WordPieceConfiguration(pieces: [
      "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "##a", "a", "b", "[",
      "]", "sep", "unaff", "",
    ]))

  private func ids(_ text: String, limit: Int = 64) -> [Int32] {
    Self.tokenizer.encode(text, tokenCountMax: limit).ids
  }

  @Test func `the longest piece wins at each place`() {
    #expect(ids("unaffable") == [2, 14, 7, 3])
    #expect(ids("unable") == [2, 5, 7, 3])
    #expect(ids("a b") == [2, 9, 10, 3])
  }

  @Test func `a word that cannot be split is unknown as a whole`() {
    #expect(ids("unaffx a") == [2, 1, 9, 3])
    #expect(ids("\u{1f600}") == [2, 1, 3])
  }

  @Test func `an empty text has a start and an end`() {
    #expect(ids("") == [2, 3])
    #expect(ids(" \n\u{200b}") == [2, 3])
  }

  @Test func `a word over the limit of characters is unknown`() {
    #expect(
      ids(String(repeating: "a", count: 100), limit: 200) == [2, 9] + Array(repeating: 8, count: 99)
        + [3])
    #expect(ids(String(repeating: "a", count: 101), limit: 200) == [2, 1, 3])
  }

  @Test func `truncation is said when something was cut, and only then`() {
    #expect(Self.tokenizer.encode("a b a", tokenCountMax: 5).isTruncated == false)
    let cut = Self.tokenizer.encode("a b a b", tokenCountMax: 5)
    #expect(cut == TokenizedText(ids: [2, 9, 10, 9, 3], isTruncated: true))
    let inWord = Self.tokenizer.encode("unaffable", tokenCountMax: 3)
    #expect(inWord == TokenizedText(ids: [2, 14, 3], isTruncated: true))
    #expect(Self.tokenizer.encode("a", tokenCountMax: 2).ids == [2, 3])
  }

  @Test func `special text is recognised or plain, as asked for`() {
    #expect(ids("a[SEP]b[MASK]") == [2, 9, 3, 10, 4, 3])
    let plain = Self.tokenizer.encode("[SEP]", tokenCountMax: 64, specialText: .plain)
    #expect(plain.ids == [2, 11, 13, 12, 3])
  }

  @Test func `a megabyte costs no more than its beginning`() {
    let text = String(repeating: "a b ", count: 262_144)
    let clock = ContinuousClock()
    var result = TokenizedText(ids: [], isTruncated: false)
    let duration = clock.measure {
      for _ in 0..<100 { result = Self.tokenizer.encode(text, tokenCountMax: 256) }
    }
    #expect(result.ids.count == 256 && result.isTruncated)
    #expect(duration < .milliseconds(500), "\(duration)")
  }

  @Test(
    .enabled(
      if: SharedData.isAvailable && SharedModels.hasMiniLM,
      "\(SharedData.reason), \(SharedModels.reason)"))
  func `ids equal Hugging Face's on every reference text`() throws {
    let folder = try SentenceEncoderFolder(path: SharedModels.miniLM)
    #expect(folder.tokenCountMax == 256)
    let tokenizer = WordPieceTokenizer(folder.tokenizer)
    let texts = try ReferenceText.all()
    #expect(texts.count == 298)
    for text in texts {
      let result = tokenizer.encode(text.text, tokenCountMax: folder.tokenCountMax)
      #expect(result.ids == text.ids, "text \(text.index)")
    }
  }
}
