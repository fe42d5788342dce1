package import ModelFiles

/// The token ids of a text.
package struct TokenizedText: Sendable, Equatable {
  /// The ids, with the start and end pieces.
  package var ids: [Int32]
  /// Whether the text had more tokens than the limit; the ids are those of its beginning.
  package var isTruncated: Bool

  /// Creates the result of tokenising a text.
  package init(ids: [Int32], isTruncated: Bool) {
    self.ids = ids
    self.isTruncated = isTruncated
  }
}

/// BERT's tokeniser: words are normalised, then split into the longest known pieces.
///
/// The ids are those of Hugging Face's `tokenizers`. Reading ends as soon as the limit is reached,
/// so a text of a megabyte costs no more than its beginning. Cost: one pass over the bytes read;
/// memory for the ids and one word. Source: Wu et al., "Google's Neural Machine Translation
/// System", 2016, arXiv:1609.08144, section 4.1; normalisation as in Devlin et al., NAACL 2019.
package struct WordPieceTokenizer: Sendable {
  /// What happens to a special piece such as `[SEP]` that a text holds as it is written.
  package enum SpecialText: Sendable {
    /// It becomes the special id, as in Hugging Face's library.
    case recognized
    /// It is read as any other text, so that a text cannot inject tokens.
    case plain
  }

  /// Which part of a text over the limit is kept.
  package enum Kept: Sendable {
    /// The beginning; reading ends at the limit.
    case beginning
    /// The end; the whole text is read.
    case end
  }

  private let table: CharacterTable
  private let trie: PieceTrie
  private let wordCharactersMax: Int
  private let unknownID: Int32
  private let startID: Int32
  private let endID: Int32
  private let specials: [(bytes: [UInt8], id: Int32)]

  /// Makes the tables of `configuration`, which must hold its own special pieces.
  package init(_ configuration: WordPieceConfiguration) {
    func id(_ piece: String) -> Int32 {
      guard let index = configuration.pieces.firstIndex(of: piece) else {
        preconditionFailure("the vocabulary has no \(piece)")
      }
      return Int32(index)
    }
    precondition(
      configuration.lowercases == configuration.stripsAccents,
      "lower-casing and removing accents go together")
    table = CharacterTable(
      folds: configuration.lowercases, splitsIdeographs: configuration.splitsIdeographs)
    trie = PieceTrie(
      pieces: configuration.pieces, continuationPrefix: configuration.continuationPrefix)
    wordCharactersMax = configuration.wordCharactersMax
    unknownID = id(configuration.unknownPiece)
    startID = id(configuration.startPiece)
    endID = id(configuration.endPiece)
    specials = configuration.specialPieces.filter { !$0.isEmpty }.compactMap { piece in
      configuration.pieces.firstIndex(of: piece).map { (Array(piece.utf8), Int32($0)) }
    }
  }

  /// The ids of `text`, at most `tokenCountMax` with the start and end pieces.
  package func encode(
    _ text: String, tokenCountMax: Int, keeping kept: Kept = .beginning,
    specialText: SpecialText = .recognized
  ) -> TokenizedText {
    precondition(tokenCountMax >= 2, "a limit of \(tokenCountMax) tokens")
    var reader = WordReader(
      table: table, characterCountMax: wordCharactersMax,
      specials: specialText == .recognized ? specials.map(\.bytes) : [])
    let bytes = text.utf8.span
    var ids = [startID]
    ids.reserveCapacity(min(tokenCountMax, 2 + bytes.count / 3))
    reading: while kept == .end || ids.count < tokenCountMax {
      switch reader.next(in: bytes) {
      case .end: break reading
      case .special(let index): ids.append(specials[index].id)
      case .word where reader.characterCount > wordCharactersMax: ids.append(unknownID)
      case .word: appendPieces(of: reader.word, to: &ids)
      }
    }
    let isTruncated = ids.count >= tokenCountMax
    let excess = ids.count - (tokenCountMax - 1)
    if isTruncated, kept == .beginning { ids.removeLast(excess) }
    if isTruncated, kept == .end { ids.removeSubrange(1..<1 + excess) }
    ids.append(endID)
    return TokenizedText(ids: ids, isTruncated: isTruncated)
  }

  private func appendPieces(of word: [UInt8], to ids: inout [Int32]) {
    let count = ids.count
    var position = 0
    while position < word.count {
      let root = position == 0 ? PieceTrie.wordRoot : PieceTrie.continuationRoot
      guard let match = trie.longestMatch(in: word, from: position, root: root) else {
        ids.removeLast(ids.count - count)
        ids.append(unknownID)
        return
      }
      ids.append(match.id)
      position = match.end
    }
  }
}
