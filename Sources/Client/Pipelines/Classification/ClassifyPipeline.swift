package import AutodidactClient
import Files
import FoundationEssentials
import Messages
import TTRPC

/// Classifies texts with a self-trained model: label, calibrated confidence, and whether the text
/// belongs to the classes at all.
///
/// Memory is bounded whatever the number of lines; the lines of the output are in the order of the
/// input.
package struct ClassifyPipeline {
  /// What was done.
  package struct Summary: Codable, Sendable, Equatable {
    /// Lines read and written.
    package var rowCount = 0
    /// Texts that the detector flagged.
    package var outOfDistributionCount = 0
    /// Lines without a text, which got no label.
    package var emptyCount = 0
    /// Texts that were cut to what the model can take.
    package var truncatedCount = 0
  }

  private let model: ModelFolder
  private let suite: Autodidact
  private let fields: SampleFields
  private let includesText: Bool
  private let observer: PipelineObserver

  /// A pipeline that uses `model` with the daemons of `suite`.
  ///
  /// `fields` are the names in the input; nil: those of the training files.
  package init(
    model: ModelFolder, suite: Autodidact, fields: SampleFields? = nil, includesText: Bool = false,
    observer: @escaping PipelineObserver
  ) {
    self.model = model
    self.suite = suite
    self.fields = fields ?? model.card.fields
    self.includesText = includesText
    self.observer = observer
  }

  /// Reads the file `input` and writes the file `output`.
  ///
  /// - Throws: `SelfTrainingError`.
  package func run(input: String, output: String) async throws(SelfTrainingError) -> Summary {
    do {
      try await checkEncoder()
      let detector = try await detectorName()
      let stage = try await ClassificationStage(
        model: model, suite: suite, detector: detector, includesText: includesText,
        output: LineOutput(path: output), observer: observer)
      var reader = try SampleReader(path: input, fields: fields, requirement: .text)
      let encoder = TextEncoder(client: suite.encoder, model: model.card.encoder.model)
      try await encoder.encode(next: { try stage.nextText(from: &reader) }) { chunk in
        try await stage.receive(chunk)
      }
      return try await stage.finish()
    } catch {
      if Task.isCancelled { throw .interrupted(runID: nil) }
      throw SelfTrainingError(error)
    }
  }

  /// The encoder must have the very model that the head was trained on.
  private func checkEncoder() async throws {
    let wanted = model.card.encoder
    let found = try await EncoderModels.model(named: wanted.model, in: suite)
    guard found.digest == wanted.digest else {
      throw SelfTrainingError.otherModel(
        wanted.model, digest: found.digest, expected: wanted.digest)
    }
  }

  /// The name of the detector in the OOD service, where it is stored now if it was not there.
  private func detectorName() async throws -> String? {
    guard let wanted = model.card.detector, let path = model.detectorPath else { return nil }
    let known = try await suite.ood.listDetectors(ListDetectorsRequest()).detectors
    if let detector = known.first(where: { $0.digest == wanted.digest }) { return detector.name }
    observer(.note("storing the model's detector in the OOD service"))
    let state = try MappedFile(path: path)
    let call = try await suite.ood.importDetector()
    let response = try await call.response { send in
      for start in stride(from: 0, to: state.count, by: FeatureChunks.bytesMax) {
        var chunk = DetectorChunk()
        if start == 0 { chunk.name = wanted.name }
        chunk.data = state.withUnsafeBytes { bytes in
          let end = min(bytes.count, start + FeatureChunks.bytesMax)
          return Bytes(copying: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
        try await send(chunk)
      }
    }
    guard let stored = response.detector, stored.digest == wanted.digest else {
      throw SelfTrainingError.damaged(path: path, reason: "the OOD service reads another detector")
    }
    return stored.name
  }
}
