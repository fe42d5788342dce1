import ModelFiles
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Encoding

@Suite(
  .enabled(
    if: SharedData.isAvailable && SharedModels.hasMiniLM,
    "\(SharedData.reason), \(SharedModels.reason)"))
struct SentenceEncoderTests {
  private func encoder(_ path: KernelPath = .best) throws -> SentenceEncoder {
    try SentenceEncoder(SentenceEncoderFolder(path: SharedModels.miniLM), path: path)
  }

  @Test(arguments: KernelPath.supported)
  func `vectors equal the reference on every text`(path: KernelPath) throws {
    let encoder = try encoder(path)
    let reference = try SharedData.numpy("reference/minilm/embeddings.npy").matrix()
    let texts = try ReferenceText.all()
    let workspace = BERTWorkspace()
    var worst = (difference: Float(0), cosine: 2.0)
    // The slow version sees a part of the texts.
    for text in texts where path != .portable || text.index.isMultiple(of: 4) {
      let tokens = try encoder.tokenize(text.text)
      let features = encoder.encode(PackedSequences([tokens.ids]), workspace: workspace).features
      let (found, expected) = (features.row(0), reference.row(text.index))
      let difference = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      let cosine = cosine(found, expected)
      #expect(difference <= 1e-6, "text \(text.index)")
      #expect(cosine >= 0.99999, "text \(text.index)")
      worst = (max(worst.difference, difference), min(worst.cosine, cosine))
    }
    print("\(path): largest difference \(worst.difference), smallest cosine \(worst.cosine)")
  }

  @Test func `a batch's vectors equal the single ones, bit for bit`() throws {
    let encoder = try encoder()
    let workspace = BERTWorkspace()
    let sequences = try ReferenceText.all().prefix(60).map(\.ids)
    let batch = encoder.encode(PackedSequences(Array(sequences)), workspace: workspace).features
    for (index, ids) in sequences.enumerated() {
      let single = encoder.encode(PackedSequences([ids]), workspace: workspace).features
      #expect(single.row(0) == batch.row(index), "text \(index)")
    }
  }

  @Test func `options change what they name`() throws {
    let encoder = try encoder()
    let workspace = BERTWorkspace()
    var options = EncodingOptions()
    options.normalizes = false
    options.returnsTokenStates = true
    let tokens = try encoder.tokenize("a short text")
    let sequences = PackedSequences([tokens.ids])
    let mean = encoder.encode(sequences, options: options, workspace: workspace)
    let states = try #require(mean.tokenStates)
    #expect(states.rowCount == tokens.ids.count)
    for column in 0..<384 {
      let sum = (0..<states.rowCount).reduce(Float(0)) { $0 + states[$1, column] }
      #expect(abs(sum / Float(states.rowCount) - mean.features[0, column]) < 1e-5)
    }
    options.pooling = .cls
    options.dimensionCount = 64
    let cls = encoder.encode(sequences, options: options, workspace: workspace)
    #expect(cls.features.row(0) == Array(states.row(0).prefix(64)))
    options.normalizes = true
    let short = encoder.encode(sequences, options: options, workspace: workspace).features.row(0)
    #expect(abs(short.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
  }

  @Test func `long texts are cut at either end or refused`() throws {
    let encoder = try encoder()
    let text = (0..<400).map { "word\($0)" }.joined(separator: " ")
    var options = EncodingOptions()
    let right = try encoder.tokenize(text, options: options)
    #expect(right.ids.count == 256 && right.isTruncated)
    options.truncation = .left
    let left = try encoder.tokenize(text, options: options)
    #expect(left.ids.count == 256 && left.isTruncated && left.ids.first == 101)
    #expect(left.ids.suffix(3) != right.ids.suffix(3))
    options.truncation = .refuse
    #expect(throws: EncodingError.tooManyTokens(textIndex: 7, limit: 256)) {
      try encoder.tokenize(text, textIndex: 7, options: options)
    }
  }

  @Test func `options beyond the model are refused`() throws {
    let encoder = try encoder()
    var options = EncodingOptions()
    options.tokenCountMax = 257
    #expect(throws: EncodingError.tokenCountMax(257, allowed: 3...256)) {
      try encoder.validate(options)
    }
    options.tokenCountMax = 256
    options.dimensionCount = 385
    #expect(throws: EncodingError.dimensionCount(385, limit: 384)) {
      try encoder.validate(options)
    }
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Double {
    func dot(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
  }
}
