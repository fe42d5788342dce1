import Decoding
import Transformers

/// A model that notes the tokens of each of its runs.
final class CountedModel: LanguageModel {
  private let model: LlamaModel
  /// The tokens of each run.
  var tokenCounts: [Int] = []

  init(_ model: LlamaModel) { self.model = model }

  var vocabularySize: Int { model.vocabularySize }
  var contextLength: Int { model.contextLength }
  var hiddenSize: Int { model.hiddenSize }
  var layerCount: Int { model.layerCount }
  var positionsPerPage: Int { model.positionsPerPage }
  var freePositionCount: Int { model.freePositionCount }

  func makeSequence() -> SequenceID { model.makeSequence() }
  func fork(_ sequence: SequenceID) -> SequenceID { model.fork(sequence) }
  func truncate(_ sequence: SequenceID, to positionCount: Int) {
    model.truncate(sequence, to: positionCount)
  }
  func remove(_ sequence: SequenceID) { model.remove(sequence) }
  func positionCount(of sequence: SequenceID) -> Int { model.positionCount(of: sequence) }

  func run(_ step: ModelStep, into output: ModelOutput) throws(ModelStepError) {
    tokenCounts.append(step.tokenCount)
    try model.run(step, into: output)
  }
}
