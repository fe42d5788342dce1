/// The vocabulary and the switches of a WordPiece tokeniser, from a Hugging Face folder.
package struct WordPieceConfiguration: Sendable, Equatable {
  /// The pieces; a piece's index is its id.
  package var pieces: [String]
  /// Whether text is lower-cased.
  package var lowercases: Bool
  /// Whether accents are removed.
  package var stripsAccents: Bool
  /// Whether ideographs are words of their own.
  package var splitsIdeographs: Bool
  /// What stands before a piece that continues a word.
  package var continuationPrefix: String
  /// The most characters a word may have before it becomes the unknown piece.
  package var wordCharactersMax: Int
  /// The piece for a word that cannot be split.
  package var unknownPiece: String
  /// The piece at the start of a sequence.
  package var startPiece: String
  /// The piece at the end of a sequence.
  package var endPiece: String
  /// The pieces that are recognised in a text as they stand.
  package var specialPieces: [String]

  /// The tokeniser of BERT's uncased models over `pieces`.
  package init(pieces: [String]) {
    self.pieces = pieces
    lowercases = true
    stripsAccents = true
    splitsIdeographs = true
    continuationPrefix = "##"
    wordCharactersMax = 100
    unknownPiece = "[UNK]"
    startPiece = "[CLS]"
    endPiece = "[SEP]"
    specialPieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
  }
}

/// The parts of `tokenizer.json` that a WordPiece tokeniser needs.
struct TokenizerFile: Decodable {
  struct AddedToken: Decodable {
    let id: Int
    let content: String
    let special: Bool
  }

  struct Normalizer: Decodable {
    let type: String
    let lowercase: Bool?
    let strip_accents: Bool?
    let handle_chinese_chars: Bool?
  }

  struct PreTokenizer: Decodable { let type: String }

  struct Model: Decodable {
    let type: String?
    let unk_token: String?
    let continuing_subword_prefix: String?
    let max_input_chars_per_word: Int?
    let vocab: [String: Int]
  }

  let added_tokens: [AddedToken]?
  let normalizer: Normalizer
  let pre_tokenizer: PreTokenizer
  let model: Model
}
