import Messages

/// Puts together what a run found.
struct ResultAssembly {
  static let confusionCount = 12

  let run: Run
  let corpus: Corpus
  let survey: PseudoLabelSurvey
  let paired: PairedComparison
  let detector: Detector?
  let truncatedCount: Int
  let seed: UInt64
  let identity: SelfTrainingResult.Identity

  /// The result.
  var result: SelfTrainingResult {
    get throws {
      guard let first = run.rounds.first(where: { $0.round == 0 }),
        let chosen = run.rounds.first(where: { $0.round == run.chosenRound })
      else {
        throw SelfTrainingError.runFailed(
          runID: run.runID, reason: "round \(run.chosenRound) is not among its rounds")
      }
      let quarantine = run.quarantine ?? Quarantine()
      return SelfTrainingResult(
        comparison: comparison(first, chosen), counts: counts, strategy: run.strategy, seed: seed,
        rounds: run.rounds.map { .init($0) },
        chosenRound: Int(run.chosenRound), choiceReason: run.choiceReason.asClause,
        baselineReliability: bins(first), chosenReliability: bins(chosen),
        calibration: run.calibration.flatMap { .init($0) },
        classes: classes(first, chosen), confusions: confusions(chosen),
        selectedConfidence: survey.selectedConfidence, otherConfidence: survey.otherConfidence,
        quarantine: .init(quarantine), detector: detector.map { .init($0) },
        remarks: remarks, identity: identity)
    }
  }

  private func comparison(
    _ first: RoundReport, _ chosen: RoundReport
  ) -> SelfTrainingResult.Comparison {
    let before = SelfTrainingResult.Round(first)
    let after = SelfTrainingResult.Round(chosen)
    let basis: SelfTrainingResult.Basis =
      before.test != nil && after.test != nil ? .test : .crossValidation
    let (old, new) =
      basis == .test
      ? (before.test ?? before.validation, after.test ?? after.validation)
      : (before.validation, after.validation)
    let verdict = Verdict(
      basis: basis, before: old.accuracy, after: new.accuracy,
      standardError: basis == .test
        ? paired.standardError : max(old.standardError, new.standardError),
      isBaseline: run.chosenRound == 0, isSupervisedOnly: run.rounds.count == 1)
    return .init(
      basis: basis, rowCount: basis == .test ? corpus.test?.count ?? 0 : corpus.labelled.count,
      baseline: old, selfTrained: new, gainedCount: basis == .test ? paired.gainedCount : nil,
      lostCount: basis == .test ? paired.lostCount : nil, verdict: verdict.sentence)
  }

  private var counts: SelfTrainingResult.Counts {
    .init(
      labelled: corpus.labelled.count, unlabelled: corpus.unlabelled.count,
      test: corpus.test?.count ?? 0, emptySkipped: corpus.unlabelled.emptyCount,
      truncated: truncatedCount, duplicates: corpus.duplicateCount,
      testInLabelled: corpus.testInLabelledCount)
  }

  private func bins(_ report: RoundReport) -> [SelfTrainingResult.ReliabilityBin] {
    guard let test = report.test, test.present else { return [] }
    return test.reliability.map {
      .init(
        meanConfidence: $0.meanConfidence, accuracy: $0.accuracy, count: Int(clamping: $0.count))
    }
  }

  private func classes(
    _ first: RoundReport, _ chosen: RoundReport
  ) -> [SelfTrainingResult.ClassResult] {
    var labelCounts = [Int](repeating: 0, count: corpus.classes.count)
    for label in corpus.labelled.labels { labelCounts[Int(label)] += 1 }
    return corpus.classes.enumerated().map { index, name in
      let old = first.test?.classes.first { $0.name == name }
      let new = chosen.test?.classes.first { $0.name == name }
      return .init(
        name: name, labelledCount: labelCounts[index],
        pseudoLabelCount: chosen.pseudoLabelCounts.indices.contains(index)
          ? Int(clamping: chosen.pseudoLabelCounts[index]) : 0,
        predictedShare: chosen.predictedShares.indices.contains(index)
          ? chosen.predictedShares[index] : 0,
        testCount: new.map { Int(clamping: $0.support) }, baseline: old.map { .init($0) },
        selfTrained: new.map { .init($0) })
    }
  }

  private func confusions(_ chosen: RoundReport) -> [SelfTrainingResult.Confusion] {
    let names = corpus.classes
    guard let matrix = chosen.test?.confusion, matrix.count == names.count * names.count else {
      return []
    }
    var pairs: [SelfTrainingResult.Confusion] = []
    for truth in names.indices {
      let row = matrix[truth * names.count..<(truth + 1) * names.count].map { Int(clamping: $0) }
      let total = row.reduce(0, +)
      for predicted in names.indices where predicted != truth && row[predicted] > 0 {
        pairs.append(
          .init(
            trueClass: names[truth], predictedClass: names[predicted], count: row[predicted],
            share: Double(row[predicted]) / Double(total)))
      }
    }
    pairs.sort {
      ($1.count, $0.trueClass, $0.predictedClass) < ($0.count, $1.trueClass, $1.predictedClass)
    }
    return Array(pairs.prefix(Self.confusionCount))
  }

  private var remarks: [String] {
    var remarks = run.remarks.map(\.asSentence) + (detector?.remarks.map(\.asSentence) ?? [])
    if corpus.testInLabelledCount > 0 {
      remarks.append(
        "\(corpus.testInLabelledCount.counted("test text", one: "stands", many: "stand")) in the "
          + "labelled file too; the numbers are too good by that.")
    }
    return remarks
  }
}

extension SelfTrainingResult.Calibration {
  /// The teacher's calibration; none where there were too few rows.
  init?(_ calibration: Messages.Calibration) {
    guard calibration.rowCount > 0 else { return nil }
    self.init(
      temperature: calibration.temperature, eceBefore: calibration.eceBefore,
      eceAfter: calibration.eceAfter, rowCount: Int(calibration.rowCount))
  }
}

extension SelfTrainingResult.Quarantine {
  /// The teacher's quarantine.
  init(_ quarantine: Messages.Quarantine) {
    self.init(
      isActive: quarantine.active, estimatedShare: quarantine.estimatedShare,
      count: Int(clamping: quarantine.quarantinedCount), threshold: quarantine.threshold,
      reason: quarantine.reason.asSentence,
      poolScores: .init(quarantine.poolScores ?? Histogram()),
      labelledScores: .init(quarantine.labelledScores ?? Histogram()))
  }
}

extension SelfTrainingResult.Histogram {
  /// The histogram of a message.
  init(_ histogram: Messages.Histogram) {
    self.init(
      minimum: histogram.minimum, maximum: histogram.maximum,
      counts: histogram.counts.map { Int(clamping: $0) })
  }
}

extension SelfTrainingResult.Detector {
  /// The detector of the OOD service.
  init(_ detector: Messages.Detector) {
    let threshold = detector.threshold ?? Threshold()
    self.init(
      method: detector.method?.wireID ?? "default", digest: detector.digest,
      threshold: threshold.score, falseAlarmRate: threshold.falseAlarmRate,
      calibrationRowCount: Int(clamping: threshold.calibrationRowCount),
      isCalibrated: threshold.calibrated)
  }
}

extension SelfTrainingResult.ClassScores {
  /// The scores of one class.
  init(_ evaluation: ClassEvaluation) {
    self.init(precision: evaluation.precision, recall: evaluation.recall, f1: evaluation.f1)
  }
}

extension String {
  /// The text as it stands after a colon: without a capital article, with a full stop.
  var asClause: String {
    let text = asSentence
    for word in ["The ", "A ", "An ", "No ", "It "] where text.hasPrefix(word) {
      return word.lowercased() + text.dropFirst(word.count)
    }
    return text
  }

  /// The text with a capital letter at its beginning and a full stop at its end.
  var asSentence: String {
    guard let first else { return "" }
    let text = first.uppercased() + dropFirst()
    return text.last == "." ? text : text + "."
  }
}
