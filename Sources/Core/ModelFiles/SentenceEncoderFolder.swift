private import Files
private import FoundationEssentials

/// How the states of a text's tokens become one vector.
package enum Pooling: String, Sendable, CaseIterable {
  /// The mean of all states, the start and end pieces included.
  case mean
  /// The state of the start piece.
  case cls
  /// The largest value of each dimension.
  case max
}

/// A Hugging Face folder of a BERT sentence encoder, read and checked.
///
/// Files: `config.json`, `model.safetensors`, and `tokenizer.json` or `vocab.txt`. Where they are
/// there, `sentence_bert_config.json` gives the token limit, `1_Pooling/config.json` the pooling
/// and `modules.json` the normalisation. The truncation and padding in `tokenizer.json` are
/// ignored: in all-MiniLM-L6-v2 they say 128, where the model's limit is 256.
package struct SentenceEncoderFolder: Sendable {
  /// The folder's path.
  package let path: String
  /// The sizes of the network.
  package let network: BERTConfiguration
  /// The tokeniser.
  package let tokenizer: WordPieceConfiguration
  /// The tensors.
  package let tensors: SafetensorsFile
  /// The most tokens of a text, start and end pieces included.
  package let tokenCountMax: Int
  /// The pooling that the model was trained with.
  package let pooling: Pooling
  /// Whether the model's vectors have length one.
  package let normalizes: Bool

  /// Reads the folder at `path`.
  package init(path: String) throws(ModelFolderError) {
    let files = ModelFolderFiles(folder: path)
    try files.checkFolder()
    self.path = path
    network = try files.decode(BERTConfiguration.self, "config.json")
    try network.validate()
    tokenizer = try files.tokenizer(vocabularyCount: network.vocabularyCount)
    let limit = try files.decodeIfPresent(LengthFile.self, "sentence_bert_config.json")
    tokenCountMax = limit?.max_seq_length ?? network.positionCount
    guard (3...network.positionCount).contains(tokenCountMax) else {
      throw .field(
        "max_seq_length", file: "sentence_bert_config.json", value: "\(tokenCountMax)",
        allowed: "3...\(network.positionCount)")
    }
    pooling = try files.pooling()
    let modules = try files.decodeIfPresent([ModuleFile].self, "modules.json")
    normalizes = modules?.contains { $0.type.hasSuffix(".Normalize") } ?? true
    do throws(SafetensorsError) {
      tensors = try SafetensorsFile(path: path + "/model.safetensors")
    } catch .file(.notFound) {
      throw .missingFile("model.safetensors", folder: path)
    } catch {
      throw .tensors(error)
    }
  }
}

private struct LengthFile: Decodable { let max_seq_length: Int? }

private struct ModuleFile: Decodable { let type: String }

private struct PoolingFile: Decodable {
  let pooling_mode_cls_token: Bool?
  let pooling_mode_mean_tokens: Bool?
  let pooling_mode_max_tokens: Bool?
}

/// The small files of a model folder.
private struct ModelFolderFiles {
  static let fileBytesMax = 64 << 20

  let folder: String

  func checkFolder() throws(ModelFolderError) {
    do throws(FileError) {
      _ = try MappedFile(path: folder)
    } catch .notRegularFile {
      return
    } catch .notFound {
      throw .missingFolder(folder)
    } catch {
      throw .file(error)
    }
    throw .missingFolder(folder)
  }

  func bytesIfPresent(_ name: String) throws(ModelFolderError) -> Data? {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: folder + "/" + name)
    } catch .notFound {
      return nil
    } catch {
      throw .file(error)
    }
    guard file.count <= Self.fileBytesMax else {
      throw .fileBytes(file.count, limit: Self.fileBytesMax, file: name)
    }
    return file.withUnsafeBytes { Data($0) }
  }

  func decodeIfPresent<Value: Decodable>(
    _ type: Value.Type, _ name: String
  ) throws(ModelFolderError) -> Value? {
    guard let bytes = try bytesIfPresent(name) else { return nil }
    do {
      return try JSONDecoder().decode(type, from: bytes)
    } catch {
      throw .malformed(file: name, reason: jsonFailure(error))
    }
  }

  func decode<Value: Decodable>(
    _ type: Value.Type, _ name: String
  ) throws(ModelFolderError) -> Value {
    guard let value = try decodeIfPresent(type, name) else {
      throw .missingFile(name, folder: folder)
    }
    return value
  }

  func pooling() throws(ModelFolderError) -> Pooling {
    guard let file = try decodeIfPresent(PoolingFile.self, "1_Pooling/config.json") else {
      return .mean
    }
    let modes: [(Bool?, Pooling)] = [
      (file.pooling_mode_cls_token, .cls), (file.pooling_mode_mean_tokens, .mean),
      (file.pooling_mode_max_tokens, .max),
    ]
    let chosen = modes.filter { $0.0 == true }.map(\.1)
    guard chosen.count == 1 else {
      throw .field(
        "pooling_mode", file: "1_Pooling/config.json", value: "\(chosen.map(\.rawValue))",
        allowed: "one of mean, cls, max")
    }
    return chosen[0]
  }

  func tokenizer(vocabularyCount: Int) throws(ModelFolderError) -> WordPieceConfiguration {
    if let file = try decodeIfPresent(TokenizerFile.self, "tokenizer.json") {
      return try tokenizer(file, vocabularyCount: vocabularyCount)
    }
    guard let bytes = try bytesIfPresent("vocab.txt") else {
      throw .missingFile("tokenizer.json or vocab.txt", folder: folder)
    }
    var pieces = bytes.split(separator: 10, omittingEmptySubsequences: false).map { line in
      String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
    }
    if pieces.last == "" { pieces.removeLast() }
    return try checked(
      WordPieceConfiguration(pieces: pieces), file: "vocab.txt", vocabularyCount: vocabularyCount)
  }

  private func tokenizer(
    _ file: TokenizerFile, vocabularyCount: Int
  ) throws(ModelFolderError) -> WordPieceConfiguration {
    let name = "tokenizer.json"
    let kinds = [
      ("model.type", file.model.type ?? "WordPiece", "WordPiece"),
      ("normalizer.type", file.normalizer.type, "BertNormalizer"),
      ("pre_tokenizer.type", file.pre_tokenizer.type, "BertPreTokenizer"),
    ]
    for (field, value, allowed) in kinds where value != allowed {
      throw .field(field, file: name, value: value, allowed: allowed)
    }
    var pieces = [String](repeating: "", count: vocabularyCount)
    let added = file.added_tokens ?? []
    for (piece, id) in file.model.vocab.map({ ($0, $1) }) + added.map({ ($0.content, $0.id) }) {
      guard pieces.indices.contains(id) else {
        throw .field(
          "model.vocab", file: name, value: "\(id)", allowed: "0..<\(vocabularyCount)")
      }
      pieces[id] = piece
    }
    var configuration = WordPieceConfiguration(pieces: pieces)
    configuration.lowercases = file.normalizer.lowercase ?? true
    configuration.stripsAccents = file.normalizer.strip_accents ?? configuration.lowercases
    configuration.splitsIdeographs = file.normalizer.handle_chinese_chars ?? true
    configuration.continuationPrefix = file.model.continuing_subword_prefix ?? "##"
    configuration.wordCharactersMax = file.model.max_input_chars_per_word ?? 100
    configuration.unknownPiece = file.model.unk_token ?? "[UNK]"
    configuration.specialPieces = added.filter(\.special).map(\.content)
    return try checked(configuration, file: name, vocabularyCount: vocabularyCount)
  }

  private func checked(
    _ configuration: WordPieceConfiguration, file: String, vocabularyCount: Int
  ) throws(ModelFolderError) -> WordPieceConfiguration {
    guard configuration.pieces.count <= vocabularyCount else {
      throw .field(
        "vocabulary", file: file, value: "\(configuration.pieces.count)",
        allowed: "up to \(vocabularyCount) pieces")
    }
    for piece in [configuration.unknownPiece, configuration.startPiece, configuration.endPiece]
    where !configuration.pieces.contains(piece) {
      throw .field("vocabulary", file: file, value: "no \(piece)", allowed: "a vocabulary with it")
    }
    guard configuration.lowercases == configuration.stripsAccents else {
      throw .field(
        "strip_accents", file: file, value: "\(configuration.stripsAccents)",
        allowed: "the value of lowercase, \(configuration.lowercases)")
    }
    guard (1...10_000).contains(configuration.wordCharactersMax) else {
      throw .field(
        "max_input_chars_per_word", file: file, value: "\(configuration.wordCharactersMax)",
        allowed: "1...10000")
    }
    return configuration
  }
}
