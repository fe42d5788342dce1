import Decoding
import Testing
import Transformers

/// What the tests' own model promises, as every model does.
@Suite struct HashModelTests {
  @Test func `logits do not depend on how tokens are split into steps`() throws {
    let model = HashModel()
    let tokens: [Int32] = [3, 1, 4, 1, 5, 9, 2, 6]
    let output = ModelOutput()
    let whole = model.makeSequence()
    let pieces = model.makeSequence()
    try model.run(
      ModelStep(rows: [
        SequenceRows(sequence: whole, tokens: tokens, logitsFrom: 7),
        SequenceRows(sequence: pieces, tokens: Array(tokens[..<5]), logitsFrom: 5),
      ]), into: output)
    let first = Array(output.logits[..<32])
    try model.run(
      ModelStep(rows: [
        SequenceRows(sequence: pieces, tokens: Array(tokens[5...]), logitsFrom: 2)
      ]), into: output)
    #expect(first == Array(output.logits[..<32]))
    #expect(first == model.logits(after: tokens))
  }

  @Test func `forks share full pages and a refused step changes nothing`() throws {
    let model = HashModel(positionsPerPage: 4, pageCount: 4)
    let output = ModelOutput()
    let origin = model.makeSequence()
    try model.run(
      ModelStep(rows: [
        SequenceRows(sequence: origin, tokens: [1, 2, 3, 4, 5, 6], logitsFrom: 6)
      ]), into: output)
    #expect(model.freePositionCount == 8)
    let fork = model.fork(origin)
    #expect(model.freePositionCount == 8)
    let tooMuch = ModelStep(rows: [
      SequenceRows(sequence: fork, tokens: Array(repeating: 7, count: 11), logitsFrom: 11)
    ])
    #expect(throws: ModelStepError.cacheFull(needed: 16, free: 8)) {
      try model.run(tooMuch, into: output)
    }
    #expect(model.positionCount(of: fork) == 6)
    try model.run(
      ModelStep(rows: [SequenceRows(sequence: fork, tokens: [7], logitsFrom: 1)]), into: output)
    #expect(model.freePositionCount == 4)
    model.truncate(fork, to: 3)
    #expect(model.freePositionCount == 8)
    model.remove(fork)
    model.remove(origin)
    #expect(model.freePositionCount == 16)
  }
}
