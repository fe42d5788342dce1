import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct SentenceEncoderFolderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let network = """
    {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
     "vocab_size": 8, "max_position_embeddings": 16, "model_type": "bert"}
    """

  private func open(_ files: [String: String]) throws -> SentenceEncoderFolder {
    let model = try TemporaryFolder()
    try SafetensorsFile.write(
      ["t": Matrix(rowCount: 1, columnCount: 1, elements: [0])],
      to: model.file("model.safetensors"))
    for (name, text) in files { _ = try model.write(name, Array(text.utf8)) }
    return try SentenceEncoderFolder(path: model.path)
  }

  @Test func `a folder without optional files has BERT's defaults`() throws {
    let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n##b\n"
    let model = try open(["config.json": Self.network, "vocab.txt": vocabulary])
    #expect(model.tokenizer.pieces.count == 6)
    #expect(model.tokenCountMax == 16 && model.pooling == .mean && model.normalizes)
  }

  @Test func `what is missing is named`() throws {
    #expect(throws: ModelFolderError.missingFolder(folder.file("none"))) {
      try SentenceEncoderFolder(path: folder.file("none"))
    }
    #expect(throws: ModelFolderError.missingFile("config.json", folder: folder.path)) {
      try SentenceEncoderFolder(path: folder.path)
    }
    _ = try folder.write("config.json", Array(Self.network.utf8))
    #expect(
      throws: ModelFolderError.missingFile("tokenizer.json or vocab.txt", folder: folder.path)
    ) { try SentenceEncoderFolder(path: folder.path) }
    _ = try folder.write("vocab.txt", Array("[UNK]\n[CLS]\n[SEP]\n".utf8))
    #expect(throws: ModelFolderError.missingFile("model.safetensors", folder: folder.path)) {
      try SentenceEncoderFolder(path: folder.path)
    }
  }

  @Test(arguments: [
    ("\"hidden_size\": 8", "\"hidden_size\": 9", "num_attention_heads"),
    ("\"hidden_size\": 8", "\"hidden_size\": 100000", "hidden_size"),
    ("\"vocab_size\": 8", "\"vocab_size\": -1", "vocab_size"),
    ("\"bert\"", "\"gpt2\"", "model_type"),
    ("\"bert\"", "\"bert\", \"hidden_act\": \"relu\"", "hidden_act"),
  ])
  func `a size out of bounds is refused by its name`(
    old: String, new: String, field: String
  ) throws {
    let json = Self.network.replacing(old, with: new)
    do {
      _ = try open(["config.json": json, "vocab.txt": "[UNK]\n[CLS]\n[SEP]\n"])
      Issue.record("\(json) was accepted")
    } catch ModelFolderError.field(let name, _, _, _) {
      #expect(name == field)
    }
  }

  @Test func `a file that is no JSON is refused by its name`() throws {
    #expect(
      throws: ModelFolderError.malformed(
        file: "config.json", reason: "the top level is not valid")
    ) { try open(["config.json": "hello"]) }
  }

  @Test func `a vocabulary beyond the network's is refused`() throws {
    let pieces = "[UNK]\n[CLS]\n[SEP]\n" + (0..<6).map { "p\($0)\n" }.joined()
    #expect(
      throws: ModelFolderError.field(
        "vocabulary", file: "vocab.txt", value: "9", allowed: "up to 8 pieces")
    ) { try open(["config.json": Self.network, "vocab.txt": pieces]) }
  }
}
