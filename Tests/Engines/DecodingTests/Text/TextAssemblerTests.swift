import Methods
import TestSupport
import Testing

@testable import Decoding

@Suite struct TextAssemblerTests {
  private static let pieces: [[UInt8]] = [
    [0x61], [0x62], [0x63], [0xC3], [0xA9], [0xE2], [0x82], [0xAC], [0xF0], [0x9F], [0x98],
    [0x80], [0], [0xFF], [0xED], [0xA0], [0xE0], [0xF4], [0x90], [0xC0], [0x0A],
  ]
  private static let stops: [[String]] = [
    [], ["abc"], ["ab", "bcc"], ["\u{e9}", "aa"], ["aab", "abab"], ["\u{20ac}b", "\u{20ac}"],
    ["a", "ba", "cba"],
  ]

  /// Gives the bytes in tokens of random sizes; the texts and the stop string.
  private static func assemble(
    _ bytes: [UInt8], _ stops: [String], _ random: inout SplitMix64
  ) -> (texts: [String], stop: String?) {
    var assembler = TextAssembler(stopStrings: stops)
    var texts: [String] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + Int.random(in: 0...4, using: &random))
      if let found = assembler.append(Array(bytes[start..<end])) {
        texts += [assembler.takeText(), assembler.finish()]
        return (texts, found)
      }
      texts.append(assembler.takeText())
      start = end
    }
    texts += [assembler.takeText(), assembler.finish()]
    return (texts, nil)
  }

  private static func reference(_ bytes: [UInt8], _ stops: [String]) -> (String, String?) {
    var read: [UInt8] = []
    for byte in bytes {
      read.append(byte)
      let complete = stops.filter { read.suffix($0.utf8.count) == Array($0.utf8)[...] }
      if let found = complete.max(by: { $0.utf8.count < $1.utf8.count }) {
        read.removeLast(found.utf8.count)
        return (text(read), found)
      }
    }
    return (text(read), nil)
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).replacing("\0", with: "\u{FFFD}")
  }

  @Test(arguments: stops.indices)
  func `however bytes are split, the texts together are the whole text before the stop`(
    index: Int
  ) {
    var random = SplitMix64(seed: UInt64(index))
    let stops = Self.stops[index]
    for _ in 0..<3000 {
      let bytes = (0..<Int.random(in: 0...24, using: &random)).flatMap { _ in
        Self.pieces.randomElement(using: &random) ?? []
      }
      let (texts, stop) = Self.assemble(bytes, stops, &random)
      let (expected, expectedStop) = Self.reference(bytes, stops)
      let joined = texts.joined()
      #expect(Array(joined.utf8) == Array(expected.utf8), "\(bytes) \(stops) \(texts)")
      #expect(stop == expectedStop)
    }
  }

  @Test func `a character comes whole, as soon as it is whole`() {
    var assembler = TextAssembler(stopStrings: [])
    #expect(assembler.append([0xF0, 0x9F]) == nil)
    #expect(assembler.takeText() == "")
    #expect(assembler.append([0x98]) == nil)
    #expect(assembler.takeText() == "")
    #expect(assembler.append([0x80, 0x61, 0xE2]) == nil)
    #expect(assembler.takeText() == "\u{1F600}a")
    #expect(assembler.finish() == "\u{FFFD}")
    #expect(assembler.finish() == "")
  }

  @Test func `text waits while it may become a stop string, and no longer`() {
    var assembler = TextAssembler(stopStrings: ["</s>", "\n\n"])
    #expect(assembler.append(Array("a<".utf8)) == nil)
    #expect(assembler.takeText() == "a")
    #expect(assembler.append(Array("/".utf8)) == nil)
    #expect(assembler.takeText() == "")
    #expect(assembler.append(Array("x\n".utf8)) == nil)
    #expect(assembler.takeText() == "</x")
    #expect(assembler.append(Array("b\n\nc".utf8)) == "\n\n")
    #expect(assembler.takeText() == "\nb")
    #expect(assembler.finish() == "")
  }

  @Test func `bytes that cannot become a character do not wait`() {
    let impossible: [[UInt8]] = [
      [0x80], [0xC0], [0xC1], [0xF5], [0xFF], [0xE0, 0x80], [0xED, 0xA0], [0xF0, 0x80],
      [0xF4, 0x90], [0x61, 0x80, 0x80, 0x80],
    ]
    for bytes in impossible { #expect(incompleteSuffixCount(bytes[...]) == 0, "\(bytes)") }
    let possible: [([UInt8], Int)] = [
      ([0xC2], 1), ([0xE0], 1), ([0xE0, 0xA0], 2), ([0xED, 0x9F], 2), ([0xF0, 0x90], 2),
      ([0xF4, 0x8F, 0xBF], 3), ([0x61, 0xE2, 0x82], 2), ([0xFF, 0xC3], 1),
    ]
    for (bytes, count) in possible { #expect(incompleteSuffixCount(bytes[...]) == count) }
    #expect(incompleteSuffixCount([]) == 0)
  }

  @Test func `settings out of range are named`() {
    func name(_ change: (inout StopConditions) -> Void) -> String? {
      var conditions = StopConditions()
      change(&conditions)
      return conditions.violation?.name
    }
    #expect(StopConditions().violation == nil)
    #expect(name { $0.tokensMax = 0 } == "tokens_max")
    #expect(name { $0.strings = [""] } == "strings")
    #expect(name { $0.strings = [String(repeating: "a", count: 257)] } == "strings")
    #expect(name { $0.strings = [String(repeating: "a", count: 256)] } == nil)
    #expect(name { $0.strings = (0..<17).map { "\($0)" } } == "strings")
    #expect(name { $0.tokens = (0..<65).map { Int32($0) } } == "token_ids")
    #expect(name { $0.tokens = (0..<64).map { Int32($0) } } == nil)
  }
}
