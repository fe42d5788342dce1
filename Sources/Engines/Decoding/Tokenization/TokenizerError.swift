package import ModelFiles

/// Why a model file has no tokenizer that this suite can run.
package enum TokenizerError: Error, Equatable {
  /// The metadata lacks a value or holds one of another type.
  case metadata(GGUFError)
  /// The tokenizer is of a kind that is not supported.
  case unsupportedKind(String, supported: [String])
  /// Text is split into words by rules that are not supported.
  case unsupportedSplit(String, supported: [String])
  /// The vocabulary is empty or over the limit.
  case vocabularySize(Int, limit: Int)
  /// There is not one token type for each token.
  case typeCount(Int, expected: Int)
  /// A token is empty or holds a character that stands for no byte.
  case tokenText(id: Int)
  /// A merge is not of two tokens whose union is a token.
  case merge(index: Int)
  /// A token id of the metadata is not in the vocabulary.
  case tokenID(key: String, id: Int, vocabularySize: Int)
}

extension TokenizerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .metadata(let error): error.description
    case .unsupportedKind(let kind, let supported):
      "tokenizer.ggml.model is \"\(kind)\"; supported: \(supported.joined(separator: ", "))"
    case .unsupportedSplit(let name, let supported):
      "tokenizer.ggml.pre is \"\(name)\"; supported: \(supported.joined(separator: ", "))"
    case .vocabularySize(let size, let limit):
      "tokenizer.ggml.tokens has \(size) tokens; 1 to \(limit) are read"
    case .typeCount(let count, let expected):
      "tokenizer.ggml.token_type has \(count) values for \(expected) tokens"
    case .tokenText(let id):
      "tokenizer.ggml.tokens[\(id)] is empty or holds a character that stands for no byte"
    case .merge(let index):
      "tokenizer.ggml.merges[\(index)] does not join two tokens to a third"
    case .tokenID(let key, let id, let size): "\(key) is \(id); the vocabulary has \(size) tokens"
    }
  }
}
