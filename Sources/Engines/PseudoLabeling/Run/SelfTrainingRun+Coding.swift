private import Tensors

extension SelfTrainingRun.State {
  private static let format = "autodidact self-training state 1"

  /// The state as bytes; equal states give equal bytes.
  package func encoded() -> [UInt8] {
    var writer = StateWriter()
    writer.append(Self.format)
    writer.append(heads.count)
    for head in heads { head.append(to: &writer) }
    writer.append(reports.count)
    for report in reports { report.append(to: &writer) }
    writer.append(average == nil ? 0 : 1)
    if let average { writer.append(average) }
    writer.append(foldCount)
    writer.append(outOfFold.count)
    for logits in outOfFold { writer.append(logits) }
    return writer.bytes
  }

  /// Reads what `encoded()` wrote.
  package init(decoding bytes: [UInt8]) throws(RunStateError) {
    var reader = StateReader(bytes)
    try reader.expect(Self.format)
    var state = Self()
    for _ in 0..<(try reader.count(ofSize: 8)) { state.heads.append(try LinearHead(&reader)) }
    for _ in 0..<(try reader.count(ofSize: 8)) { state.reports.append(try RoundReport(&reader)) }
    if try reader.integer() == 1 { state.average = try reader.matrix() }
    state.foldCount = try reader.integer()
    for _ in 0..<(try reader.count(ofSize: 8)) { state.outOfFold.append(try reader.floats()) }
    guard reader.isAtEnd, state.heads.count == state.reports.count else {
      throw .damaged(offset: bytes.count)
    }
    self = state
  }
}

extension RoundRecord {
  private static let format = "autodidact round record 1"

  /// The record as bytes; equal records give equal bytes.
  package func encoded() -> [UInt8] {
    var writer = StateWriter()
    writer.append(Self.format)
    writer.append(round)
    writer.append(teacherDigest)
    writer.append(predictions)
    writer.append(confidences)
    writer.append(runnersUp)
    writer.append(runnerUpProbabilities)
    writer.append(weights)
    writer.append(verdicts.count)
    for verdict in verdicts {
      writer.append(Int(verdict.part.rawValue))
      writer.append(verdict.values)
      writer.append(verdict.bounds)
    }
    return writer.bytes
  }

  /// Reads what `encoded()` wrote.
  package init(decoding bytes: [UInt8]) throws(RunStateError) {
    var reader = StateReader(bytes)
    try reader.expect(Self.format)
    round = try reader.integer()
    teacherDigest = try reader.string()
    predictions = try reader.shortIntegers()
    confidences = try reader.floats()
    runnersUp = try reader.shortIntegers()
    runnerUpProbabilities = try reader.floats()
    weights = try reader.floats()
    var verdicts: [Verdicts] = []
    for _ in 0..<(try reader.count(ofSize: 8)) {
      let part = UInt8(exactly: try reader.integer()).flatMap(VerdictPart.init(rawValue:))
      let (values, bounds) = (try reader.floats(), try reader.floats())
      guard let part, values.count == confidences.count,
        bounds.count == 1 || bounds.count == values.count
      else { throw .damaged(offset: bytes.count) }
      verdicts.append(Verdicts(part: part, values: values, bounds: bounds))
    }
    self.verdicts = verdicts
    guard reader.isAtEnd, weights.count == confidences.count,
      predictions.count >= confidences.count, runnersUp.count == runnerUpProbabilities.count,
      runnersUp.count == runnerUpCount * confidences.count
    else { throw .damaged(offset: bytes.count) }
  }
}

extension LinearHead {
  fileprivate func append(to writer: inout StateWriter) {
    writer.append(weights)
    writer.append(bias)
    writer.append(temperature)
  }

  fileprivate init(_ reader: inout StateReader) throws(RunStateError) {
    let weights = try reader.matrix()
    let bias = try reader.floats()
    let temperature = try reader.double()
    guard bias.count == weights.rowCount, temperature > 0 else { throw .damaged(offset: 0) }
    self.init(weights: weights, bias: bias, temperature: temperature)
  }
}

extension RoundReport {
  fileprivate func append(to writer: inout StateWriter) {
    writer.append(round)
    writer.append(headDigest)
    writer.append(temperature)
    writer.append(pseudoLabelCounts)
    writer.append(meanConfidence)
    writer.append(predictedShares)
    writer.append(collapsedClasses)
    writer.append(validationAccuracy.map { [$0] } ?? [])
    writer.append(validationStandardError.map { [$0] } ?? [])
  }

  fileprivate init(_ reader: inout StateReader) throws(RunStateError) {
    round = try reader.integer()
    headDigest = try reader.string()
    temperature = try reader.double()
    pseudoLabelCounts = try reader.integers()
    meanConfidence = try reader.double()
    predictedShares = try reader.doubles()
    collapsedClasses = try reader.integers()
    validationAccuracy = try reader.doubles().first
    validationStandardError = try reader.doubles().first
  }
}

extension StateReader {
  /// Reads the name of a format and refuses another one than `format`.
  fileprivate mutating func expect(_ format: String) throws(RunStateError) {
    let found = try string()
    guard found == format else { throw .format(found: found, expected: format) }
  }
}
