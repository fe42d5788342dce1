import AutodidactClient
import Messages

/// Finds a model in the encoder.
enum EncoderModels {
  /// The model called `name`, or the encoder's default for an empty name.
  ///
  /// A model that is not in memory is loaded, since only then its digest is known.
  static func model(named name: String, in suite: Autodidact) async throws -> EncoderModel {
    let models = try await suite.encoder.listModels(ListEncoderModelsRequest()).models
    guard var model = models.first(where: { name.isEmpty ? $0.isDefault : $0.name == name }) else {
      throw SelfTrainingError.modelMissing(
        name.isEmpty ? "default" : name, present: models.map { $0.name })
    }
    if model.digest.isEmpty {
      var request = EncodeRequest()
      request.model = model.name
      request.input = .text(TextBatch(texts: [model.name]))
      model.digest = try await suite.encoder.encode(request).modelDigest
    }
    return model
  }
}
