import ModelFiles

/// What a GGUF file says about a byte-level tokenizer, checked.
struct BPEVocabulary {
  /// The bytes of each token; of a special one, its text.
  private(set) var table: VocabularyTable
  /// The token of each byte, −1 where there is none.
  private(set) var byteIDs: [Int32] = []
  /// The merges by pair.
  private(set) var merges: [UInt64: PairMerge] = [:]
  /// The tokens that are found in text as they are written.
  private(set) var specials: [SpecialTokens.Entry] = []

  /// The types of tokens, by their numbers in the file.
  private enum Kind: Int {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  init(_ metadata: GGUFMetadata) throws(TokenizerError) {
    let size = try Self.reading { () throws(GGUFError) in
      try metadata.elementCount("tokenizer.ggml.tokens")
    }
    guard (1...BPETokenizer.vocabularySizeMax).contains(size) else {
      throw .vocabularySize(size, limit: BPETokenizer.vocabularySizeMax)
    }
    table = VocabularyTable(capacity: size)
    try readTokens(metadata, kinds: try Self.kinds(metadata, size: size))
    byteIDs = (0...255).map { table.id(of: [UInt8($0)]) ?? -1 }
    try readMerges(metadata)
  }

  /// Runs `body`, whose errors are those of the metadata.
  static func reading<Result>(
    _ body: () throws(GGUFError) -> Result
  ) throws(TokenizerError) -> Result {
    do throws(GGUFError) {
      return try body()
    } catch {
      throw .metadata(error)
    }
  }

  /// The type of each token; empty: all are normal.
  private static func kinds(
    _ metadata: GGUFMetadata, size: Int
  ) throws(TokenizerError) -> [Int] {
    let key = "tokenizer.ggml.token_type"
    guard metadata.contains(key) else { return [] }
    let kinds = try reading { () throws(GGUFError) in try metadata.integers(key) }
    guard kinds.count == size else { throw .typeCount(kinds.count, expected: size) }
    return kinds
  }

  private mutating func readTokens(
    _ metadata: GGUFMetadata, kinds: [Int]
  ) throws(TokenizerError) {
    var refused: Int?
    try Self.reading { () throws(GGUFError) in
      try metadata.forEachString("tokenizer.ggml.tokens") { index, text throws(GGUFError) in
        guard refused == nil else { return }
        let kind = kinds.isEmpty ? Kind.normal : Kind(rawValue: kinds[index])
        if !append(text, kind: kind, id: index) { refused = index }
      }
    }
    if let refused { throw .tokenText(id: refused) }
  }

  /// Adds a token; false where its text cannot be read.
  private mutating func append(_ text: UnsafeRawBufferPointer, kind: Kind?, id: Int) -> Bool {
    guard !text.isEmpty else { return false }
    switch kind {
    case .control, .unknown, .userDefined:
      let bytes = Array(text)
      table.append(bytes, isSearchable: false)
      specials.append(
        SpecialTokens.Entry(bytes: bytes, id: Int32(id), isControl: kind != .userDefined))
      return true
    case .normal, .byte, .unused, nil:
      var bytes: [UInt8] = []
      guard ByteAlphabet.decode(text, into: &bytes) else { return false }
      table.append(bytes, isSearchable: true)
      return true
    }
  }

  private mutating func readMerges(_ metadata: GGUFMetadata) throws(TokenizerError) {
    let key = "tokenizer.ggml.merges"
    let count = try Self.reading { () throws(GGUFError) in try metadata.elementCount(key) }
    merges.reserveCapacity(count)
    var refused: Int?
    var bytes: [UInt8] = []
    try Self.reading { () throws(GGUFError) in
      try metadata.forEachString(key) { index, text throws(GGUFError) in
        guard refused == nil else { return }
        guard let (pair, id) = merge(text, &bytes) else {
          refused = index
          return
        }
        // Of equal pairs the first counts.
        if merges[pair] == nil { merges[pair] = PairMerge(rank: Int32(index), id: id) }
      }
    }
    if let refused { throw .merge(index: refused) }
  }

  /// The pair of a line such as `Ġ t`, and what it becomes.
  private func merge(
    _ text: UnsafeRawBufferPointer, _ bytes: inout [UInt8]
  ) -> (pair: UInt64, id: Int32)? {
    guard let space = text.firstIndex(of: 0x20) else { return nil }
    bytes.removeAll(keepingCapacity: true)
    guard ByteAlphabet.decode(UnsafeRawBufferPointer(rebasing: text[..<space]), into: &bytes)
    else { return nil }
    let middle = bytes.count
    guard ByteAlphabet.decode(UnsafeRawBufferPointer(rebasing: text[(space + 1)...]), into: &bytes),
      let left = table.id(of: bytes[..<middle]), let right = table.id(of: bytes[middle...]),
      let id = table.id(of: bytes[...])
    else { return nil }
    return (PairMerger.key(left, right), id)
  }
}
