/// The sizes of a BERT encoder, from a Hugging Face `config.json`, checked against limits.
///
/// Source: Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers for Language
/// Understanding", NAACL 2019, arXiv:1810.04805.
package struct BERTConfiguration: Sendable, Equatable, Decodable {
  /// The width of a token's state.
  package var hiddenSize: Int
  /// The number of layers.
  package var layerCount: Int
  /// The number of attention heads, which divides the width.
  package var headCount: Int
  /// The width of the feed-forward part.
  package var intermediateSize: Int
  /// The number of token ids.
  package var vocabularyCount: Int
  /// The number of positions that have an embedding.
  package var positionCount: Int
  /// The number of segment types.
  package var typeCount: Int
  /// The number added to variances before the square root.
  package var layerNormEpsilon: Float
  /// The name of the activation in the feed-forward part.
  package var activation: String
  /// The name of the architecture.
  package var modelType: String
  /// The kind of position embedding.
  package var positionKind: String

  /// The width of an attention head.
  package var headSize: Int { hiddenSize / headCount }

  private enum CodingKeys: String, CodingKey {
    case hiddenSize = "hidden_size"
    case layerCount = "num_hidden_layers"
    case headCount = "num_attention_heads"
    case intermediateSize = "intermediate_size"
    case vocabularyCount = "vocab_size"
    case positionCount = "max_position_embeddings"
    case typeCount = "type_vocab_size"
    case layerNormEpsilon = "layer_norm_eps"
    case activation = "hidden_act"
    case modelType = "model_type"
    case positionKind = "position_embedding_type"
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    hiddenSize = try container.decode(Int.self, forKey: .hiddenSize)
    layerCount = try container.decode(Int.self, forKey: .layerCount)
    headCount = try container.decode(Int.self, forKey: .headCount)
    intermediateSize = try container.decode(Int.self, forKey: .intermediateSize)
    vocabularyCount = try container.decode(Int.self, forKey: .vocabularyCount)
    positionCount = try container.decode(Int.self, forKey: .positionCount)
    typeCount = try container.decodeIfPresent(Int.self, forKey: .typeCount) ?? 2
    layerNormEpsilon = try container.decodeIfPresent(Float.self, forKey: .layerNormEpsilon) ?? 1e-12
    activation = try container.decodeIfPresent(String.self, forKey: .activation) ?? "gelu"
    modelType = try container.decode(String.self, forKey: .modelType)
    positionKind =
      try container.decodeIfPresent(String.self, forKey: .positionKind) ?? "absolute"
  }

  /// Throws the first field whose value is outside what this suite serves.
  package func validate() throws(ModelFolderError) {
    let bounds: [(CodingKeys, Int, ClosedRange<Int>)] = [
      (.hiddenSize, hiddenSize, 8...8192), (.layerCount, layerCount, 1...128),
      (.headCount, headCount, 1...128), (.intermediateSize, intermediateSize, 8...65_536),
      (.vocabularyCount, vocabularyCount, 8...1_000_000),
      (.positionCount, positionCount, 8...65_536), (.typeCount, typeCount, 1...16),
    ]
    for (key, value, range) in bounds where !range.contains(value) {
      throw refused(key, "\(value)", "\(range.lowerBound)...\(range.upperBound)")
    }
    guard hiddenSize.isMultiple(of: headCount), headSize <= 256 else {
      throw refused(.headCount, "\(headCount)", "a divisor of \(hiddenSize) with heads up to 256")
    }
    guard layerNormEpsilon >= 0, layerNormEpsilon < 1 else {
      throw refused(.layerNormEpsilon, "\(layerNormEpsilon)", "0..<1")
    }
    guard modelType == "bert" else { throw refused(.modelType, modelType, "bert") }
    guard activation == "gelu" else { throw refused(.activation, activation, "gelu") }
    guard positionKind == "absolute" else {
      throw refused(.positionKind, positionKind, "absolute")
    }
  }

  private func refused(_ key: CodingKeys, _ value: String, _ allowed: String) -> ModelFolderError {
    .field(key.rawValue, file: "config.json", value: value, allowed: allowed)
  }
}
