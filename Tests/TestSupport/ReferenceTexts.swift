private import Foundation

/// A text of the reference data with the token ids of Hugging Face's tokeniser.
package struct ReferenceText: Decodable, Sendable {
  /// The row of the text in the reference embeddings.
  package let index: Int
  /// The text.
  package let text: String
  /// The ids, with the start and end pieces.
  package let ids: [Int32]

  /// All texts of `reference/minilm`.
  package static func all() throws -> [ReferenceText] {
    let data = try Data(
      contentsOf: URL(filePath: SharedData.path("reference/minilm/texts.jsonl")))
    return try data.split(separator: 10).map {
      try JSONDecoder().decode(ReferenceText.self, from: $0)
    }
  }
}
