internal import Decoding
package import Transformers

/// A model that gives wrong numbers.
package enum ModelCheckFailure: Error, Equatable {
  /// A logit is not finite.
  case notFinite(position: Int)
  /// Tokens computed together have other logits than one by one.
  case batchDependent(position: Int)
  /// The model refused a step.
  case refused(ModelStepError)
}

extension ModelCheckFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notFinite(let position): "the logits of position \(position) are not finite"
    case .batchDependent(let position):
      "the logits of position \(position) depend on what is computed with it"
    case .refused(let error): "it refused a step of its self-check (\(error))"
    }
  }
}

/// Checks that a model computes finite logits that do not depend on the batch, to the last bit.
func checkLogits(of model: any Decoding.LanguageModel) throws(ModelCheckFailure) {
  let count = min(5, model.contextLength)
  let tokens = (0..<count).map { Int32(($0 * 7 + 1) % model.vocabularySize) }
  let together = try logits(of: [tokens], model)
  let single = try logits(of: tokens.map { [$0] }, model)
  for position in 0..<count {
    let range = position * model.vocabularySize..<(position + 1) * model.vocabularySize
    guard together[range].allSatisfy({ $0.isFinite }) else {
      throw .notFinite(position: position)
    }
    guard together[range] == single[range] else { throw .batchDependent(position: position) }
  }
}

/// Measures what tokens cost that are run together, with less context than the model has.
func measuredCosts(
  of model: any Decoding.LanguageModel, clock: () -> Double
) throws(ModelCheckFailure) -> StepCostTable {
  let room = min(model.contextLength, model.freePositionCount)
  let context = min(128, room / 2)
  let counts = StepCostTable.measuredTokenCounts.filter { $0 <= max(1, room - context) }
  do throws(ModelStepError) {
    return try StepCostTable.measured(
      model, tokenCounts: counts, contextTokenCount: context, clock: clock)
  } catch {
    throw .refused(error)
  }
}

/// The logits `[tokens, vocabulary]` of a sequence that is run in these steps.
private func logits(
  of steps: [[Int32]], _ model: any Decoding.LanguageModel
) throws(ModelCheckFailure) -> [Float] {
  let sequence = model.makeSequence()
  defer { model.remove(sequence) }
  let output = ModelOutput()
  var logits: [Float] = []
  for tokens in steps {
    let rows = SequenceRows(sequence: sequence, tokens: tokens, logitsFrom: 0)
    do throws(ModelStepError) {
      try model.run(ModelStep(rows: [rows]), into: output)
    } catch {
      throw .refused(error)
    }
    logits += output.logits[..<(tokens.count * model.vocabularySize)]
  }
  return logits
}
