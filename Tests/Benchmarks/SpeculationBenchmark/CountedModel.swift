import Decoding
import Transformers

/// A model that notes the tokens and the time of each of its runs.
final class CountedModel: LanguageModel {
  private let model: LlamaModel
  private let clock: () -> Double
  /// The runs since somebody emptied this.
  var runs: [StepCostTable.Entry] = []

  init(_ model: LlamaModel, clock: @escaping () -> Double) {
    self.model = model
    self.clock = clock
  }

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
    let begin = clock()
    try model.run(step, into: output)
    runs.append(StepCostTable.Entry(tokenCount: step.tokenCount, seconds: clock() - begin))
  }
}
