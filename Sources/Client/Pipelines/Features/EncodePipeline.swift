package import AutodidactClient
import Files
package import Messages

/// Encodes the texts of a file into a file of features, in memory that does not grow with it.
package struct EncodePipeline {
  /// What was done.
  package struct Summary: Codable, Sendable, Equatable {
    /// The rows of features.
    package var rowCount = 0
    /// Their dimensions.
    package var dimensions = 0
    /// Texts that were cut to what the model can take.
    package var truncatedCount = 0
    /// The digest of the model.
    package var modelDigest = ""
  }

  private let suite: Autodidact
  private let model: String
  private let options: EncodeOptions
  private let fields: SampleFields
  private let observer: PipelineObserver

  /// A pipeline with a model of the encoder; an empty name is the encoder's default.
  package init(
    suite: Autodidact, model: String, options: EncodeOptions = EncodeOptions(),
    fields: SampleFields = SampleFields(), observer: @escaping PipelineObserver
  ) {
    self.suite = suite
    self.model = model
    self.options = options
    self.fields = fields
    self.observer = observer
  }

  /// Reads the file `input` and writes the file `output`: a row for every line, in their order.
  ///
  /// - Throws: `SelfTrainingError`.
  package func run(input: String, output: String) async throws(SelfTrainingError) -> Summary {
    do {
      return try await encode(input, output)
    } catch {
      if Task.isCancelled { throw .interrupted(runID: nil) }
      throw SelfTrainingError(error)
    }
  }

  private func encode(_ input: String, _ output: String) async throws -> Summary {
    var summary = Summary()
    var writer = try FeatureWriter(path: output)
    var reader = try SampleReader(path: input, fields: fields, requirement: .text)
    let encoder = TextEncoder(client: suite.encoder, model: model, options: options)
    try await encoder.encode(next: { try reader.next()?.text }) { chunk in
      guard summary.dimensions == 0 || summary.dimensions == chunk.dimensions else {
        throw SelfTrainingError.badAnswer("\(chunk.dimensions) dimensions in chunk")
      }
      summary.dimensions = chunk.dimensions
      summary.truncatedCount += chunk.truncatedRows.count
      summary.modelDigest = chunk.modelDigest
      try chunk.features.data.withUnsafeBytes { bytes in
        try writer.append(bytes, dimensions: chunk.dimensions)
      }
      summary.rowCount = writer.rowCount
      observer(.progress(stage: "encoding", done: writer.rowCount, total: 0))
    }
    try writer.commit()
    return summary
  }
}
