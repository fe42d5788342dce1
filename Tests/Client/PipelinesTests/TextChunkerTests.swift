import TestSupport
import Testing

@testable import Pipelines

@Suite struct TextChunkerTests {
  private func chunks(_ texts: [String]) -> [(texts: [String], cutRows: Set<Int>)] {
    var rest = texts[...]
    var chunker = TextChunker()
    var found: [(texts: [String], cutRows: Set<Int>)] = []
    while let chunk = chunker.next(from: { rest.popFirst() }) { found.append(chunk) }
    return found
  }

  @Test(arguments: 0..<20) func `chunks hold all texts in order within their limits`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let texts = (0..<300).map { index in
      let length = Int.random(in: 0..<5, using: &generator) == 0 ? 60_000 : 10
      return "\(index) " + String(repeating: "x", count: length)
    }
    let found = chunks(texts)
    #expect(found.flatMap(\.texts) == texts)
    for chunk in found {
      #expect((1...TextEncoder.chunkCountMax).contains(chunk.texts.count))
      #expect(chunk.texts.reduce(0) { $0 + $1.utf8.count } <= TextEncoder.chunkBytes)
    }
  }

  @Test func `a text that no message can hold is cut between characters, and said to be`() {
    let limit = TextEncoder.textBytesMax
    let long = String(repeating: "a", count: limit - 1) + "ü" + "rest"
    let found = chunks(["short", long, "last"])
    #expect(found.map(\.texts.count) == [1, 1, 1])
    #expect(found[1].texts[0].utf8.count == limit - 1)
    #expect(found[1].cutRows == [0])
    #expect(found[0].cutRows == [] && found[2].cutRows == [])
    #expect(chunks([String(repeating: "b", count: limit)])[0].cutRows == [])
  }
}
