private import Tensors

extension SelfTrainingRun {
  /// The decisions of a round in columns; nil for the decisions of round 0, which has none.
  func record(
    round: Int, teacher: LinearHead, decisions: RoundMaker.Decisions?
  ) -> RoundRecord {
    let calibrated = teacher.probabilities(of: data.features)
    let classes = decisions?.view.predictions ?? predictions(of: calibrated).classes
    let first = data.labelledCount
    var confidences = [Float](repeating: 0, count: data.unlabelledCount)
    let runnerUpCount = min(2, data.classCount - 1)
    var runnersUp: [Int32] = []
    var probabilities: [Float] = []
    for index in confidences.indices {
      let row = calibrated.row(first + index)
      let own = Int(classes[first + index])
      confidences[index] = row[own]
      let others = row.indices.filter { $0 != own }.sorted {
        row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1
      }.prefix(runnerUpCount)
      runnersUp += others.map { Int32($0) }
      probabilities += others.map { row[$0] }
    }
    var weights = [Float](repeating: 0, count: data.unlabelledCount)
    var verdicts: [Verdicts] = []
    if let decisions {
      for (row, weight) in zip(decisions.selection.rows, decisions.selection.weights) {
        weights[row - first] = weight
      }
      verdicts = (decisions.verdicts + [decisions.selection.verdicts].compactMap { $0 }).map {
        $0.dropping(first)
      }
    }
    return RoundRecord(
      round: round, teacherDigest: teacher.digest(classNames: data.classNames),
      predictions: classes, confidences: confidences, runnersUp: runnersUp,
      runnerUpProbabilities: probabilities, weights: weights, verdicts: verdicts)
  }

  /// The report of a round whose head is `head`.
  func report(round: Int, head: LinearHead, record: RoundRecord) -> RoundReport {
    var counts = [Int](repeating: 0, count: data.classCount)
    var confidence = 0.0
    for (index, weight) in record.weights.enumerated() where weight > 0 {
      counts[Int(record.predictions[data.labelledCount + index])] += 1
      confidence += Double(record.confidences[index])
    }
    let total = counts.reduce(0, +)
    let shares = predictedShares(of: head)
    let correct = isCorrect(round: round)
    let accuracy =
      correct.isEmpty
      ? nil : Double(correct.reduce(0) { $0 + ($1 ? 1 : 0) }) / Double(correct.count)
    return RoundReport(
      round: round, headDigest: head.digest(classNames: data.classNames),
      temperature: head.temperature, pseudoLabelCounts: counts,
      meanConfidence: total == 0 ? 0 : confidence / Double(total), predictedShares: shares,
      collapsedClasses: state.reports.first.map {
        PseudoLabeling.collapsedClasses(first: $0.predictedShares, current: shares)
      } ?? [],
      validationAccuracy: accuracy,
      validationStandardError: accuracy.map {
        ($0 * (1 - $0) / Double(correct.count)).squareRoot()
      })
  }

  /// All that is known of the unlabelled row `index` in the round of `record`.
  package func pseudoLabel(_ index: Int, in record: RoundRecord) -> PseudoLabel {
    let row = data.labelledCount + index
    let width = record.runnerUpCount
    let near = graph.rows(near: row, count: strategy.neighborCount)
    let similarities = graph.similarities(near: row, count: strategy.neighborCount)
    var verdicts = [
      PseudoLabel.Verdict(
        part: .quarantine, value: quarantine.scores[row],
        bound: quarantine.verdicts.bound(of: row))
    ]
    if data.hasForeignRows {
      verdicts.append(
        PseudoLabel.Verdict(part: .detector, value: data.isForeign[index] ? 1 : 0, bound: 1))
    }
    verdicts += record.verdicts.map {
      PseudoLabel.Verdict(part: $0.part, value: $0.values[index], bound: $0.bound(of: index))
    }
    return PseudoLabel(
      index: index, round: record.round, predictedClass: Int(record.predictions[row]),
      confidence: record.confidences[index], oodScore: quarantine.scores[row],
      weight: record.weights[index], verdicts: verdicts,
      neighbors: zip(near, similarities).map {
        PseudoLabel.Neighbor(
          row: Int($0), similarity: $1, predictedClass: Int(record.predictions[Int($0)]))
      },
      runnersUp: (0..<width).map {
        (
          Int(record.runnersUp[index * width + $0]),
          record.runnerUpProbabilities[index * width + $0]
        )
      }, teacherDigest: record.teacherDigest)
  }

  private func predictedShares(of head: LinearHead) -> [Double] {
    var counts = [Int](repeating: 0, count: data.classCount)
    let classes = predictions(of: head.logits(of: data.features)).classes
    for row in candidates { counts[Int(classes[row])] += 1 }
    let total = Double(max(candidates.count, 1))
    return counts.map { Double($0) / total }
  }
}

extension Verdicts {
  /// The verdicts without those on the first `count` rows.
  fileprivate func dropping(_ count: Int) -> Verdicts {
    Verdicts(
      part: part, values: Array(values.dropFirst(count)),
      bounds: bounds.count == 1 ? bounds : Array(bounds.dropFirst(count)))
  }
}
