import TestSupport
import Testing

@testable import Pipelines

@Suite struct LineSplitterTests {
  /// The lines of `bytes` fed in the given pieces.
  private func lines(_ bytes: [UInt8], cuts: [Int], limit: Int = 100) -> [[UInt8]] {
    var splitter = LineSplitter(lineBytesMax: limit)
    var pieces: [[UInt8]] = []
    var start = 0
    for cut in cuts.sorted() + [bytes.count] where cut > start {
      pieces.append(Array(bytes[start..<cut]))
      start = cut
    }
    pieces.append([])
    var found: [[UInt8]] = []
    var next = 0
    while true {
      switch splitter.next() {
      case .line(let line): found.append(line)
      case .needsBytes:
        pieces[next].withUnsafeBytes { splitter.append($0) }
        next += 1
      case .end, .tooLong: return found
      }
    }
  }

  @Test func `every split of the bytes gives the same lines`() {
    let text = Array("a\n\nbc\r\nd".utf8)
    let whole = lines(text, cuts: [])
    #expect(whole == ["a", "", "bc\r", "d"].map { Array($0.utf8) })
    for mask in 0..<(1 << (text.count - 1)) {
      let cuts = (1..<text.count).filter { mask & 1 << ($0 - 1) != 0 }
      #expect(lines(text, cuts: cuts) == whole, "cuts \(cuts)")
    }
  }

  @Test(arguments: 0..<50) func `random bytes split like the standard library`(seed: Int) {
    var generator = SplitMix64(seed: UInt64(seed))
    let bytes = (0..<200).map { _ in UInt8.random(in: 8...12, using: &generator) }
    let cuts = (0..<20).map { _ in Int.random(in: 1..<200, using: &generator) }
    var expected = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
    if expected.last == [] { expected.removeLast() }
    #expect(lines(bytes, cuts: cuts) == expected)
  }

  @Test func `a line at the limit passes and one byte more does not`() {
    #expect(lines(Array("abcd\n".utf8), cuts: [2], limit: 4) == [Array("abcd".utf8)])
    #expect(lines(Array("abcde\n".utf8), cuts: [2], limit: 4) == [])
    #expect(lines(Array("abcde".utf8), cuts: [], limit: 4) == [])
  }
}
