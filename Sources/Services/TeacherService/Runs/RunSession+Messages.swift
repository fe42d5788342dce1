internal import Messages
internal import PseudoLabeling
internal import Tensors

extension RunSession {
  /// The message of a round that was just done.
  func report(
    of record: RoundRecord, seconds: Double, cpuSeconds: Double
  ) -> Messages.RoundReport {
    let report = run.state.reports[record.round]
    let head = run.state.heads[record.round]
    let evaluation = test.map {
      Evaluation(
        probabilities: head.probabilities(of: $0), labels: testLabels,
        classNames: run.data.classNames)
    }
    return Messages.RoundReport(
      round: UInt32(report.round), headDigest: report.headDigest,
      pseudoLabelCount: UInt64(report.pseudoLabelCount),
      pseudoLabelCounts: report.pseudoLabelCounts.map { UInt64($0) },
      validationAccuracy: report.validationAccuracy ?? 0,
      validationStandardError: report.validationStandardError ?? 0,
      meanConfidence: report.meanConfidence, predictedShares: report.predictedShares,
      rejectedByGuard: run.choice?.isRejected[report.round] ?? false,
      collapseAlarms: report.collapsedClasses.map { run.data.classNames[$0] },
      test: evaluation ?? Evaluation(), seconds: seconds, cpuSeconds: cpuSeconds)
  }

  /// The message of the decision about foreign rows.
  var quarantineMessage: Messages.Quarantine {
    let quarantine = run.quarantine
    let first = run.data.labelledCount
    let setAside = run.data.unlabelledRows.filter { quarantine.sets(aside: $0) }.count
    func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
    let gap = "the scores of the pool and of the labels differ by \(rounded(quarantine.gap)), "
    let chance = rounded(quarantine.gapAtChance)
    let reason =
      switch run.options.quarantine {
      case .never: "switched off by the run's options"
      case .always: "switched on by the run's options"
      case .automatic:
        quarantine.isActive
          ? gap + "more than the \(chance) that chance exceeds once in ten times"
          : gap + "within the \(chance) that chance exceeds once in ten times"
      }
    return Messages.Quarantine(
      active: quarantine.isActive, estimatedShare: quarantine.estimatedShare,
      quarantinedCount: UInt64(setAside), threshold: Double(quarantine.threshold),
      reason: reason, poolScores: Histogram(quarantine.scores.dropFirst(first)),
      labelledScores: Histogram(quarantine.labelledScores[...]))
  }

  /// What the finished run came to.
  var outcome: RunOutcome? {
    guard run.nextStep == nil, let choice = run.choice else { return nil }
    let head = run.state.heads[choice.round]
    let calibration = run.outOfFoldLogits(round: choice.round).map {
      Calibration(logits: $0, labels: run.data.labels, temperature: head.temperature)
    }
    return RunOutcome(
      chosenRound: choice.round, choiceReason: reason(for: choice), calibration: calibration,
      remarks: remarks)
  }

  private func reason(for choice: RoundChoice) -> String {
    func percent(_ round: Int) -> String {
      let accuracy = run.state.reports[round].validationAccuracy ?? 0
      return "\((accuracy * 1000).rounded() / 10) %"
    }
    let last = run.state.reports.count - 1
    guard last > 0 else { return "the strategy has no rounds" }
    guard let best = choice.bestRound else {
      return choice.round == last
        ? "the last round: a class has a single label, so nothing could be validated"
        : "round \(choice.round): later rounds raised a collapse alarm, and a class has a single "
          + "label, so nothing could be validated"
    }
    if choice.round == best {
      return choice.round == last
        ? "the last round, and the best on held-out labels: \(percent(best))"
        : "rolled back to round \(best), \(percent(best)) on held-out labels: later rounds are "
          + "worse by more than one standard error"
    }
    return "round \(choice.round), \(percent(choice.round)) on held-out labels: within one "
      + "standard error of the best, \(percent(best)) in round \(best)"
  }

  /// Things worth knowing about the run.
  private var remarks: [String] {
    var remarks: [String] = []
    let classCount = Double(run.data.classCount)
    let report = run.state.reports[0]
    if run.foldCount == 0 {
      remarks.append(
        "a class has a single label: confidences are not calibrated and no round could be "
          + "validated; give every class at least two labels")
    } else if let accuracy = report.validationAccuracy, let error = report.validationStandardError,
      accuracy < 1 / classCount + 2 * error
    {
      remarks.append(
        "the features hardly separate the classes: the labels alone reach "
          + "\((accuracy * 1000).rounded() / 10) % on held-out labels, guessing "
          + "\((1000 / classCount).rounded() / 10) %")
    }
    if run.candidateCount == 0 {
      remarks.append("every unlabelled row was set aside as foreign")
    }
    for report in run.state.reports where !report.collapsedClasses.isEmpty {
      let names = report.collapsedClasses.map { "`\(run.data.classNames[$0])`" }
      remarks.append(
        "in round \(report.round) the predicted share of \(names.joined(separator: ", ")) "
          + "changed more than threefold or to nothing")
    }
    return remarks
  }
}

extension Histogram {
  /// Forty equal bins over finite values.
  init(_ values: ArraySlice<Float>) {
    self.init()
    guard let lowest = values.min(), let highest = values.max() else { return }
    let binCount = 40
    var bins = [UInt64](repeating: 0, count: binCount)
    let width = max(highest - lowest, .leastNormalMagnitude)
    for value in values {
      bins[min(Int((value - lowest) / width * Float(binCount)), binCount - 1)] += 1
    }
    minimum = Double(lowest)
    maximum = Double(highest)
    counts = bins
  }
}

extension Run {
  /// The message of a stored run; `isUnderWay` says that its steps are being taken.
  init(_ stored: StoredRun, reports: [Messages.RoundReport], isUnderWay: Bool) throws {
    let options = stored.header.options ?? RunOptions()
    let (strategyID, strategy) = try options.engineStrategy()
    self.init(
      runID: stored.header.runID,
      state: isUnderWay && stored.state != .finished ? .running : stored.state,
      strategy: strategyID, classes: stored.header.classes,
      labelledCount: UInt64(stored.labelledCount),
      unlabelledCount: UInt64(stored.unlabelledCount), testCount: UInt64(stored.testCount),
      dimensions: UInt32(stored.dimensions), roundCount: UInt32(strategy.roundCount),
      rounds: reports, chosenRound: UInt32(stored.outcome?.chosenRound ?? 0),
      choiceReason: stored.outcome?.choiceReason ?? "", dataDigest: stored.digest,
      quarantine: stored.quarantine, failure: stored.failure,
      createdUnixNanoseconds: stored.createdUnixNanoseconds,
      calibration: stored.outcome?.calibration, remarks: stored.outcome?.remarks ?? [])
  }
}
