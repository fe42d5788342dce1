package import ModelFiles

/// Byte-level byte-pair encoding, read from a GGUF file: text to token ids and back.
///
/// The ids are those of llama.cpp. The text of a control token becomes that token only where this
/// is asked for. A byte that the vocabulary does not have is left out, as there; in valid text
/// only some control characters and unused planes are concerned. Cost: time `O(n log n)` in the
/// bytes, whatever they are. Source: Radford et al., "Language Models are Unsupervised Multitask
/// Learners", 2019, section 2.2.
package struct BPETokenizer: Sendable {
  /// The most tokens of a vocabulary.
  package static let vocabularySizeMax = 1 << 22

  /// The rules by which text is cut into words.
  package let split: WordSplit
  /// The token that the model wants before every text.
  package let startTokenID: Int32?
  /// The token that stands for the beginning where a prompt has no tokens.
  package let emptyPromptTokenID: Int32
  /// The tokens that end an answer: the file's own first, the others ascending.
  package let endTokenIDs: [Int32]
  private let table: VocabularyTable
  private let byteIDs: [Int32]
  private let merges: [UInt64: PairMerge]
  private let specials: SpecialTokens
  private let isControl: [Bool]

  /// Reads the tokenizer of a model.
  package init(_ metadata: GGUFMetadata) throws(TokenizerError) {
    let (kind, name) = try BPEVocabulary.reading { () throws(GGUFError) in
      (try metadata.string("tokenizer.ggml.model"), try metadata.string("tokenizer.ggml.pre"))
    }
    guard kind == "gpt2" else { throw .unsupportedKind(kind, supported: ["gpt2"]) }
    guard let split = WordSplit(rawValue: name) else {
      throw .unsupportedSplit(name, supported: WordSplit.allCases.map { $0.rawValue })
    }
    self.split = split
    let vocabulary = try BPEVocabulary(metadata)
    table = vocabulary.table
    byteIDs = vocabulary.byteIDs
    merges = vocabulary.merges
    specials = SpecialTokens(vocabulary.specials)
    var isControl = [Bool](repeating: false, count: vocabulary.table.count)
    for entry in vocabulary.specials where entry.isControl { isControl[Int(entry.id)] = true }
    self.isControl = isControl
    let roles = try TokenRoles(metadata, specials: specials, vocabularySize: table.count)
    startTokenID = roles.startTokenID
    emptyPromptTokenID = roles.emptyPromptTokenID
    endTokenIDs = roles.endTokenIDs
  }

  /// The number of tokens.
  package var vocabularySize: Int { table.count }

  /// The token ids of `text`, without a start token.
  package func encode(_ text: String, recognizingSpecialTokens: Bool) -> [Int32] {
    let bytes = text.utf8.span
    var merger = PairMerger(merges: merges)
    var ids: [Int32] = []
    ids.reserveCapacity(bytes.count / 3)
    var start = 0
    var index = 0
    while index < bytes.count {
      guard
        let (id, byteCount) = specials.match(
          in: bytes, at: index, recognizingControl: recognizingSpecialTokens)
      else {
        index += 1
        continue
      }
      appendWords(of: start..<index, in: bytes, &merger, to: &ids)
      ids.append(id)
      index += byteCount
      start = index
    }
    appendWords(of: start..<index, in: bytes, &merger, to: &ids)
    return ids
  }

  /// The bytes that a token adds to a text: none for a control token.
  package func bytes(of id: Int32) -> [UInt8] {
    precondition(isKnown(id), "token \(id) of \(vocabularySize)")
    return isControl[Int(id)] ? [] : Array(table[id])
  }

  /// The bytes of the text of `ids`, which need not be whole characters; control tokens are left
  /// out or written by their names.
  package func decode(_ ids: some Sequence<Int32>, showingControlTokens: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids {
      precondition(isKnown(id), "token \(id) of \(vocabularySize)")
      if showingControlTokens || !isControl[Int(id)] { bytes += table[id] }
    }
    return bytes
  }

  /// Whether the vocabulary has this token.
  package func isKnown(_ id: Int32) -> Bool { id >= 0 && id < table.count }

  /// The control token with this text.
  package func controlTokenID(_ text: String) -> Int32? { specials.controlID(text) }

  private func appendWords(
    of range: Range<Int>, in bytes: Span<UInt8>, _ merger: inout PairMerger,
    to ids: inout [Int32]
  ) {
    var splitter = WordSplitter(split, range: range)
    var word: [Int32] = []
    while let range = splitter.next(in: bytes) {
      word.removeAll(keepingCapacity: true)
      for index in range { word.append(byteIDs[Int(bytes[index])]) }
      merger.merge(word, into: &ids)
    }
  }
}

/// The tokens with a meaning of their own.
private struct TokenRoles {
  private(set) var startTokenID: Int32?
  private(set) var emptyPromptTokenID: Int32 = 0
  private(set) var endTokenIDs: [Int32] = []

  /// Control tokens that end an answer in every model that has them.
  private static let endTexts = [
    "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "</s>",
  ]

  init(
    _ metadata: GGUFMetadata, specials: SpecialTokens, vocabularySize: Int
  ) throws(TokenizerError) {
    func id(_ name: String) throws(TokenizerError) -> Int32? {
      let key = "tokenizer.ggml.\(name)_token_id"
      guard metadata.contains(key) else { return nil }
      let id = try BPEVocabulary.reading { () throws(GGUFError) in try metadata.integer(key) }
      guard (0..<vocabularySize).contains(id) else {
        throw .tokenID(key: key, id: id, vocabularySize: vocabularySize)
      }
      return Int32(id)
    }
    var ends = Set(Self.endTexts.compactMap { specials.controlID($0) })
    for name in ["eos", "eot", "eom"] {
      if let id = try id(name) { ends.insert(id) }
    }
    let own = try id("eos")
    endTokenIDs = own.map { [$0] } ?? []
    endTokenIDs += ends.subtracting(endTokenIDs).sorted()
    let start = try id("bos")
    emptyPromptTokenID = start ?? ends.min() ?? 0
    let key = "tokenizer.ggml.add_bos_token"
    guard metadata.contains(key) else { return }
    let addsStart = try BPEVocabulary.reading { () throws(GGUFError) in try metadata.boolean(key) }
    if addsStart { startTokenID = start }
  }
}
