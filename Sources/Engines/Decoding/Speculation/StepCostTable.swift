package import Transformers

/// What a run of several tokens at once costs.
package struct StepCostTable: Sendable, Equatable {
  /// One measured run.
  package struct Entry: Sendable, Equatable {
    /// The tokens of the run.
    package var tokenCount: Int
    /// The time that it took, above 0.
    package var seconds: Double

    /// Creates an entry.
    package init(tokenCount: Int, seconds: Double) {
      self.tokenCount = tokenCount
      self.seconds = seconds
    }
  }

  /// The measured runs by rising number of tokens, from 1; the times do not fall.
  package let entries: [Entry]

  /// A table of these entries, at least one; a time below that of fewer tokens is raised to it.
  package init(_ entries: [Entry]) {
    var sorted = entries.sorted { $0.tokenCount < $1.tokenCount }
    precondition(
      sorted.first?.tokenCount == 1 && sorted.allSatisfy { $0.seconds > 0 },
      "costs must be positive and begin with one token: \(entries)")
    for index in sorted.indices.dropFirst() {
      sorted[index].seconds = max(sorted[index].seconds, sorted[index - 1].seconds)
    }
    self.entries = sorted
  }

  /// A table for a model whose cost is not known: every token costs the same, so no guess pays.
  package static let unknown = StepCostTable([Entry(tokenCount: 1, seconds: 1)])

  /// The time of a run, between and beyond the measured ones along straight lines.
  ///
  /// Beyond them a token costs what one does between the last two, and not less than one does over
  /// all: two runs that a busy machine made equally slow must not make all further tokens free.
  package func seconds(tokenCount: Int) -> Double {
    guard tokenCount > 1 else { return entries[0].seconds }
    guard let above = entries.firstIndex(where: { $0.tokenCount >= tokenCount }), above > 0 else {
      guard let last = entries.last, entries.count > 1 else {
        return entries[0].seconds * Double(tokenCount)
      }
      return max(
        line(entries[entries.count - 2], last, tokenCount), line(entries[0], last, tokenCount))
    }
    return line(entries[above - 1], entries[above], tokenCount)
  }

  private func line(_ a: Entry, _ b: Entry, _ tokenCount: Int) -> Double {
    let slope = (b.seconds - a.seconds) / Double(b.tokenCount - a.tokenCount)
    return a.seconds + slope * Double(tokenCount - a.tokenCount)
  }
}

extension StepCostTable {
  /// The numbers of tokens that are measured where the caller names none: as products take up to
  /// eight tokens at once, the ninth costs more than those before it.
  package static let measuredTokenCounts = [1, 2, 4, 8, 9, 16]

  /// How often one token is run in a row; more tokens accordingly less often.
  ///
  /// The first ten or so runs of one token after runs of many take longer than the following ones.
  private static let runsInARow = 16

  /// Measures `model` by the passed clock, which counts seconds.
  ///
  /// Runs each number of tokens several times in a row after `contextTokenCount` tokens, all of
  /// them `roundCount` times, and takes the fastest run of each. In a row, because decoding is
  /// such: one token right after sixteen takes up to half as long again as one after another. The
  /// model is as before afterwards. Takes the time of some 50 runs of one token each round.
  package static func measured(
    _ model: any LanguageModel, tokenCounts: [Int] = measuredTokenCounts,
    contextTokenCount: Int = 64, roundCount: Int = 1, clock: () -> Double
  ) throws(ModelStepError) -> StepCostTable {
    let sequence = model.makeSequence()
    defer { model.remove(sequence) }
    let output = ModelOutput()
    let context = (0..<contextTokenCount).map { Int32($0 % model.vocabularySize) }
    if !context.isEmpty {
      try model.run(
        ModelStep(rows: [
          SequenceRows(sequence: sequence, tokens: context, logitsFrom: context.count)
        ]), into: output)
    }
    var fastest = [Double](repeating: .infinity, count: tokenCounts.count)
    for _ in 0..<roundCount {
      for (index, count) in tokenCounts.enumerated() {
        let tokens = [Int32](repeating: 0, count: count)
        for _ in 0..<max(2, runsInARow / count) {
          let begin = clock()
          try model.run(
            ModelStep(rows: [SequenceRows(sequence: sequence, tokens: tokens, logitsFrom: 0)]),
            into: output)
          fastest[index] = min(fastest[index], max(clock() - begin, 1e-9))
          model.truncate(sequence, to: context.count)
        }
      }
    }
    return StepCostTable(
      zip(tokenCounts, fastest).map { Entry(tokenCount: $0, seconds: $1) })
  }
}
