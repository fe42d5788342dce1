private import Foundation

/// A small language model with random weights and a vocabulary of bytes, as a GGUF file.
package enum TinyLanguageModel {
  /// The number of tokens: three control tokens and the bytes.
  package static let vocabularySize = 259

  /// Writes the file; the same seed gives the same weights.
  package static func write(
    to path: String, template: String? = GGUFBuilder.chatMLTemplate, seed: UInt64 = 1
  ) throws {
    var llama = TinyLlama()
    llama.vocabularySize = vocabularySize
    llama.seed = seed
    var builder = llama.builder()
    builder.setTokenizer(template: template)
    try Data(builder.bytes()).write(to: URL(filePath: path))
  }
}
