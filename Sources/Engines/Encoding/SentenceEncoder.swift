package import ModelFiles
package import Tensors
package import Transformers

/// What is asked of a text encoder, each value checked against the model.
package struct EncodingOptions: Sendable, Equatable {
  /// Which end of a text over the limit is cut.
  package enum Truncation: Sendable {
    case right, left, refuse
  }

  /// How token states become one vector; nil: as the model was trained.
  package var pooling: Pooling?
  /// Whether vectors get length one; nil: as the model was trained.
  package var normalizes: Bool?
  /// What happens to a text over the limit.
  package var truncation: Truncation = .right
  /// What special pieces in a text mean.
  package var specialText: WordPieceTokenizer.SpecialText = .recognized
  /// The most tokens of a text; 0: the model's limit.
  package var tokenCountMax = 0
  /// The leading dimensions that are kept; 0: all.
  package var dimensionCount = 0
  /// Text that is put before every text.
  package var prompt = ""
  /// Whether the states of all tokens are returned too.
  package var returnsTokenStates = false

  /// The model's own way.
  package init() {}
}

/// Why texts are not encoded, with the offending value and its limit.
package enum EncodingError: Error, Equatable {
  /// The token limit asked for is not one that the model has.
  case tokenCountMax(Int, allowed: ClosedRange<Int>)
  /// More dimensions were asked for than the model has.
  case dimensionCount(Int, limit: Int)
  /// A text has more tokens than allowed, and truncation was refused.
  case tooManyTokens(textIndex: Int, limit: Int)
}

/// The vectors of a batch of texts.
package struct EncodedTexts: Sendable {
  /// A vector for each text: `[texts, dimensions]`.
  package let features: Matrix<Float>
  /// The states of all tokens, text after text, where they were asked for: `[tokens, dimensions]`.
  package let tokenStates: Matrix<Float>?
}

/// A BERT sentence encoder: texts in, vectors out.
///
/// Tokenising and encoding are separate, so that a service can form batches from the texts of
/// several callers. A text's vector does not depend on the batch that it is in, not in one bit.
package struct SentenceEncoder: Sendable {
  /// The number of dimensions of a vector.
  package var dimensionCount: Int { network.configuration.hiddenSize }
  /// The most tokens of a text, start and end pieces included.
  package let tokenCountMax: Int
  /// The pooling that the model was trained with.
  package let pooling: Pooling
  /// Whether the model was trained with vectors of length one.
  package let normalizes: Bool
  private let tokenizer: WordPieceTokenizer
  private let network: BERTEncoder

  /// Prepares the model of `folder` for the kernels of `path`.
  package init(_ folder: SentenceEncoderFolder, path: KernelPath) throws(ModelFolderError) {
    tokenCountMax = folder.tokenCountMax
    pooling = folder.pooling
    normalizes = folder.normalizes
    tokenizer = WordPieceTokenizer(folder.tokenizer)
    do throws(SafetensorsError) {
      network = try BERTEncoder(folder.tensors, configuration: folder.network, path: path)
    } catch {
      throw .tensors(error)
    }
  }

  /// Throws if the model cannot do what `options` ask for.
  package func validate(_ options: EncodingOptions) throws(EncodingError) {
    if options.tokenCountMax != 0, !(3...tokenCountMax).contains(options.tokenCountMax) {
      throw .tokenCountMax(options.tokenCountMax, allowed: 3...tokenCountMax)
    }
    guard (0...dimensionCount).contains(options.dimensionCount) else {
      throw .dimensionCount(options.dimensionCount, limit: dimensionCount)
    }
  }

  /// The tokens of `text`, the one at `textIndex` of a request.
  package func tokenize(
    _ text: String, textIndex: Int = 0, options: EncodingOptions = EncodingOptions()
  ) throws(EncodingError) -> TokenizedText {
    let limit = options.tokenCountMax == 0 ? tokenCountMax : options.tokenCountMax
    let whole = options.prompt.isEmpty ? text : options.prompt + text
    switch options.truncation {
    case .left:
      return tokenizer.encode(
        whole, tokenCountMax: limit, keeping: .end, specialText: options.specialText)
    case .right, .refuse:
      let tokens = tokenizer.encode(
        whole, tokenCountMax: limit, specialText: options.specialText)
      guard !tokens.isTruncated || options.truncation == .right else {
        throw .tooManyTokens(textIndex: textIndex, limit: limit)
      }
      return tokens
    }
  }

  /// Encodes token sequences and calls `body` with the states of each, in order.
  ///
  /// Cost: one forward pass over all tokens; the caller bounds their number. Runs on the calling
  /// thread; `workspace` belongs to it until the call returns.
  package func encode(
    _ sequences: PackedSequences, workspace: BERTWorkspace,
    _ body: (_ index: Int, _ states: SequenceStates) -> Void
  ) {
    network.withStates(of: sequences, in: workspace) { states, stride in
      for index in 0..<sequences.count {
        let range = sequences.range(index)
        body(
          index,
          SequenceStates(
            encoder: self, path: network.path, start: states + range.lowerBound * stride,
            stride: stride, tokenCount: range.count))
      }
    }
  }

  /// The vectors of token sequences, and the states of all tokens where `options` ask for them.
  package func encode(
    _ sequences: PackedSequences, options: EncodingOptions = EncodingOptions(),
    workspace: BERTWorkspace
  ) -> EncodedTexts {
    let width = dimensionCount(options)
    var tokenStates: [Float] = []
    let features = Matrix<Float>(rowCount: sequences.count, columnCount: width) { out in
      encode(sequences, workspace: workspace) { index, states in
        guard let row = out.baseAddress.map({ $0 + index * width }) else { return }
        states.writeVector(options, to: row)
        guard options.returnsTokenStates else { return }
        tokenStates += [Float](unsafeUninitializedCapacity: states.tokenCount * width) {
          buffer, count in
          guard let start = buffer.baseAddress else { return }
          states.writeStates(options, to: start)
          count = states.tokenCount * width
        }
      }
    }
    return EncodedTexts(
      features: features,
      tokenStates: options.returnsTokenStates
        ? Matrix(rowCount: sequences.tokenCount, columnCount: width, elements: tokenStates) : nil)
  }

  /// The number of dimensions of the vectors that `options` ask for.
  package func dimensionCount(_ options: EncodingOptions) -> Int {
    options.dimensionCount == 0 ? dimensionCount : options.dimensionCount
  }
}

/// The states of one sequence's tokens, in the memory of a forward pass.
package struct SequenceStates {
  fileprivate let encoder: SentenceEncoder
  fileprivate let path: KernelPath
  fileprivate let start: UnsafePointer<Float>
  fileprivate let stride: Int
  /// The number of tokens.
  package let tokenCount: Int

  /// Writes the sequence's vector, as many numbers as `options` ask for.
  package func writeVector(_ options: EncodingOptions, to out: UnsafeMutablePointer<Float>) {
    let pooler = Pooler(
      pooling: options.pooling ?? encoder.pooling,
      dimensionCount: encoder.dimensionCount(options),
      normalizes: options.normalizes ?? encoder.normalizes)
    pooler.pool(states: start, rowCount: tokenCount, stride: stride, path: path, into: out)
  }

  /// Writes the states of all tokens, one after the other.
  package func writeStates(_ options: EncodingOptions, to out: UnsafeMutablePointer<Float>) {
    let width = encoder.dimensionCount(options)
    for row in 0..<tokenCount {
      (out + row * width).update(from: start + row * stride, count: width)
    }
  }
}
