internal import Daemon
internal import Encoding
package import Messages
internal import Methods
internal import ModelFiles
package import TTRPC

extension TextEncoderService {
  /// The models in the folder, loaded or not, sorted by name.
  package func listModels(
    _ request: ListEncoderModelsRequest, context: ServerContext
  ) async throws -> ListEncoderModelsResponse {
    let loaded = catalog.loadedModels
    var response = ListEncoderModelsResponse()
    for name in catalog.names {
      var model = EncoderModel()
      model.name = name
      model.isDefault = name == configuration.defaultModel
      if let loaded = loaded[name] {
        model.digest = loaded.digest
        model.architecture = loaded.architecture
        model.dimensions = UInt32(loaded.encoder.dimensionCount)
        model.tokensMax = UInt32(loaded.encoder.tokenCountMax)
        model.weightBytes = UInt64(loaded.weightBytes)
        model.loaded = true
      } else {
        do {
          let folder = try await catalog.sizes(of: name)
          model.architecture = folder.network.modelType
          model.dimensions = UInt32(folder.network.hiddenSize)
          model.tokensMax = UInt32(folder.tokenCountMax)
        } catch is ModelFolderError {
          // A damaged model is listed by its name; loading it says what is wrong.
        }
      }
      response.models.append(model)
    }
    return response
  }

  /// The encoder methods of this suite.
  package func listMethods(
    _ request: ListEncoderMethodsRequest, context: ServerContext
  ) async throws -> ListEncoderMethodsResponse {
    ListEncoderMethodsResponse(
      methods: EncodingMethods.all.map { card in
        Method(
          id: card.id, title: card.title, family: "encoder", source: card.source,
          needs: card.needs.sorted().map(\.rawValue), summary: card.summary)
      })
  }
}
