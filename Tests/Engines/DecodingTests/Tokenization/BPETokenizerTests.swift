import Decoding
import Foundation
import ModelFiles
import TestSupport
import Testing

@Suite struct BPETokenizerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func metadata(_ change: (inout GGUFBuilder) -> Void) throws -> GGUFMetadata {
    var builder = GGUFBuilder()
    change(&builder)
    return try GGUFFile(path: try folder.write("a.gguf", builder.bytes())).metadata
  }

  private func tokenizer(
    merges: [(String, String)] = [], split: String = "smollm"
  ) throws -> BPETokenizer {
    try BPETokenizer(try metadata { $0.setTokenizer(merges: merges, split: split) })
  }

  /// The token of a byte in `GGUFBuilder`'s vocabulary.
  private func byte(_ text: String) -> [Int32] { text.utf8.map { Int32($0) + 3 } }

  @Test func `the pair of the lowest rank is merged first, the leftmost of equals`() throws {
    let tokenizer = try tokenizer(merges: [("b", "c"), ("a", "b"), ("a", "bc"), ("a", "a")])
    func ids(_ text: String) -> [Int32] {
      tokenizer.encode(text, recognizingSpecialTokens: false)
    }
    #expect(ids("abc") == [261])
    #expect(ids("ab") == [260])
    #expect(ids("aaa") == [262] + byte("a"))
    #expect(ids("aabc") == byte("a") + [261])
    #expect(ids("") == [])
  }

  @Test func `merges do not cross words, numbers stand alone`() throws {
    let merges = [(" ", "a"), ("a", " "), ("1", "2"), ("a", "1"), (" ", " ")]
    let smollm = try tokenizer(merges: merges)
    #expect(smollm.encode("a a", recognizingSpecialTokens: false) == byte("a") + [259])
    #expect(smollm.encode("a12", recognizingSpecialTokens: false) == byte("a12"))
    #expect(smollm.encode("   1", recognizingSpecialTokens: false) == [263] + byte(" 1"))
    let gpt2 = try tokenizer(merges: merges, split: "gpt-2")
    #expect(gpt2.encode("a12", recognizingSpecialTokens: false) == byte("a") + [261])
    #expect(gpt2.encode("   1", recognizingSpecialTokens: false) == [263] + byte(" 1"))
  }

  @Test func `special tokens in text are text unless asked for`() throws {
    let tokenizer = try tokenizer()
    let text = "x<|im_end|><|im_end"
    #expect(tokenizer.encode(text, recognizingSpecialTokens: false) == byte(text))
    #expect(
      tokenizer.encode(text, recognizingSpecialTokens: true)
        == byte("x") + [2] + byte("<|im_end"))
    #expect(tokenizer.bytes(of: 2) == [])
    #expect(tokenizer.decode([2, 3 + 0x41]) == Array("A".utf8))
    #expect(
      tokenizer.decode([2, 3 + 0x41], showingControlTokens: true) == Array("<|im_end|>A".utf8))
    #expect(tokenizer.endTokenIDs == [2, 0])
    #expect(tokenizer.emptyPromptTokenID == 0 && tokenizer.startTokenID == nil)
    #expect(tokenizer.controlTokenID("<|im_start|>") == 1)
  }

  @Test func `user-defined tokens are always found, the longest first`() throws {
    let tokenizer = try BPETokenizer(
      try metadata { builder in
        builder.set("tokenizer.ggml.model", .string("gpt2"))
        builder.set("tokenizer.ggml.pre", .string("gpt-2"))
        builder.set("tokenizer.ggml.tokens", .strings(["a", "b", "ab", "abc é"]))
        builder.set("tokenizer.ggml.token_type", .int32s([1, 1, 4, 4]))
        builder.set("tokenizer.ggml.merges", .strings([]))
        builder.set("tokenizer.ggml.bos_token_id", .uint32(1))
        builder.set("tokenizer.ggml.add_bos_token", .boolean(true))
      })
    let ids = tokenizer.encode("aababc é", recognizingSpecialTokens: false)
    #expect(ids == [0, 2, 3])
    #expect(String(decoding: tokenizer.decode(ids), as: UTF8.self) == "aababc é")
    #expect(tokenizer.startTokenID == 1)
    // Bytes without a token are left out.
    #expect(tokenizer.encode("axb", recognizingSpecialTokens: false) == [0, 1])
  }

  @Test func `random merges give what merging step by step gives`() throws {
    var generator = SplitMix64(seed: 3)
    for round in 0..<40 {
      var parts = ["a", "b", "c"]
      var merges: [(String, String)] = []
      for _ in 0..<12 {
        let left = parts[Int.random(in: 0..<parts.count, using: &generator)]
        let right = parts[Int.random(in: 0..<parts.count, using: &generator)]
        guard left.count + right.count < 9, !parts.contains(left + right) else { continue }
        merges.append((left, right))
        parts.append(left + right)
      }
      let tokenizer = try tokenizer(merges: merges)
      for _ in 0..<20 {
        let text = String(
          (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
            "abc".randomElement(using: &generator) ?? "a"
          })
        let pieces = tokenizer.encode(text, recognizingSpecialTokens: false).map { id in
          String(decoding: tokenizer.bytes(of: id), as: UTF8.self)
        }
        #expect(pieces == merged(text, merges), "round \(round): \(merges) on \(text)")
      }
    }
  }

  /// Applies the first merge of the list that fits, at its first place, until none fits.
  private func merged(_ text: String, _ merges: [(String, String)]) -> [String] {
    var pieces = text.map { String($0) }
    while true {
      let places = merges.lazy.compactMap { left, right in
        pieces.indices.dropLast().first { pieces[$0] == left && pieces[$0 + 1] == right }
      }
      guard let place = places.first else { return pieces }
      pieces[place] += pieces.remove(at: place + 1)
    }
  }

  @Test func `a tokenizer that cannot be run is refused with its reason`() throws {
    func error(_ change: (inout GGUFBuilder) -> Void) throws -> TokenizerError? {
      let metadata = try metadata(change)
      return #expect(throws: TokenizerError.self) { try BPETokenizer(metadata) }
    }
    func basic(
      _ builder: inout GGUFBuilder, tokens: [String] = ["a", "b"], merges: [String] = [],
      types: [Int32] = [1, 1], end: UInt32 = 0
    ) {
      builder.set("tokenizer.ggml.model", .string("gpt2"))
      builder.set("tokenizer.ggml.pre", .string("smollm"))
      builder.set("tokenizer.ggml.tokens", .strings(tokens))
      builder.set("tokenizer.ggml.token_type", .int32s(types))
      builder.set("tokenizer.ggml.merges", .strings(merges))
      builder.set("tokenizer.ggml.eos_token_id", .uint32(end))
    }
    #expect(try error { _ in } == .metadata(.missingKey("tokenizer.ggml.model")))
    #expect(
      try error {
        $0.set("tokenizer.ggml.model", .string("llama"))
        $0.set("tokenizer.ggml.pre", .string("default"))
      } == .unsupportedKind("llama", supported: ["gpt2"]))
    #expect(
      try error { $0.setTokenizer(split: "llama-bpe") }
        == .unsupportedSplit("llama-bpe", supported: ["gpt-2", "smollm"]))
    #expect(
      try error { basic(&$0, tokens: [], types: []) }
        == .vocabularySize(0, limit: BPETokenizer.vocabularySizeMax))
    #expect(try error { basic(&$0, types: [1]) } == .typeCount(1, expected: 2))
    #expect(try error { basic(&$0, tokens: ["a", ""]) } == .tokenText(id: 1))
    #expect(try error { basic(&$0, tokens: ["a", "中"]) } == .tokenText(id: 1))
    #expect(try error { basic(&$0, tokens: ["a", " "]) } == .tokenText(id: 1))
    for merge in ["a b", "ab", "a c", "a ", ""] {
      #expect(try error { basic(&$0, merges: [merge]) } == .merge(index: 0), "\(merge)")
    }
    #expect(
      try error { basic(&$0, end: 2) }
        == .tokenID(key: "tokenizer.ggml.eos_token_id", id: 2, vocabularySize: 2))
    #expect("\(TokenizerError.merge(index: 3))".hasPrefix("tokenizer.ggml.merges[3] "))
  }

  @Test(
    arguments: [" ", "a", "\n", "é", "' ", "1", "<", "<|im_end|>", "🙂", " \u{3000}"])
  func `a megabyte of one thing takes no more than linear time`(unit: String) throws {
    let merges = [(" ", " "), ("  ", "  "), ("    ", "    "), ("a", "a"), ("aa", "aa")]
    let tokenizer = try tokenizer(merges: merges)
    func duration(_ byteCount: Int) -> Duration {
      let text = String(repeating: unit, count: byteCount / unit.utf8.count)
      let clock = ContinuousClock()
      let start = clock.now
      let ids = tokenizer.encode(text, recognizingSpecialTokens: false)
      let elapsed = clock.now - start
      #expect(tokenizer.decode(ids) == Array(text.utf8))
      return elapsed
    }
    // Quadratic time would be 256 times as much; a busy machine is granted a lot.
    let short = (0..<3).map { _ in duration(1 << 16) }.min() ?? .zero
    #expect(duration(1 << 20) < max(short * 128, .milliseconds(500)))
  }
}
