package import Daemon
internal import Judging
package import Messages
internal import Scheduling
internal import Statistics
package import TTRPC

/// A labelled item with its score.
struct LabelledScore: Sendable {
  let itemID: String
  let prompt: String
  let score: Double
  let length: Double
  let label: Double
}

/// The labelled items of a call: those with a score, and how many there are without.
struct LabelledScores: Sendable {
  var scored: [LabelledScore] = []
  var unscoredCount = 0
  var errorCount = 0

  var totalCount: Int { scored.count + unscoredCount + errorCount }
}

extension AuditedJudgeService {
  /// Judges labelled items and adds them; nothing is stored.
  func add(
    _ items: [JudgedItem], to labelled: inout LabelledScores, by judge: StoredJudge
  ) async throws {
    try check(items)
    try checkLabels(items)
    try checkLabelledCount(labelled.totalCount + items.count)
    let judged = try await judgements(on: items, by: judge)
    for (item, timed) in zip(items, judged) {
      try labelled.add(item, timed)
    }
  }

  /// Maps a judge's scores to probabilities.
  package func calibrate(
    _ requests: MessageSource<CalibrateJudgeRequest>, context: ServerContext
  ) async throws -> CalibrateJudgeResponse {
    var setting: (judge: StoredJudge, method: Messages.CalibrationMethod)?
    var labelled = LabelledScores()
    for try await request in requests {
      let current: (judge: StoredJudge, method: Messages.CalibrationMethod)
      if let setting {
        current = setting
      } else {
        let judge = try await store.judge(request.judge, version: Int(request.version))
        current = (judge, request.method)
      }
      setting = current
      try await add(request.items, to: &labelled, by: current.judge)
    }
    guard let (judge, wanted) = setting else {
      throw JudgeServiceError.missingFirst(expected: "the judge's name")
    }
    let method: Judging.CalibrationMethod =
      switch wanted {
      case .isotonic: .isotonic
      case .platt: .platt
      case .unspecified: .automatic(itemCount: labelled.scored.count)
      }
    let found = labelled.scored
    let (report, state) = try await compute.run { try Self.calibration(method, of: found) }
    let calibrated = try await store.add(report, state: state, to: judge, now: clock.now())
    return CalibrateJudgeResponse(judge: calibrated.message)
  }

  private static func calibration(
    _ method: Judging.CalibrationMethod, of items: [LabelledScore]
  ) throws(JudgeServiceError) -> (ScoreCalibration, [Double]) {
    let scores = items.map(\.score)
    let labels = items.map(\.label)
    do throws(CalibrationError) {
      let calibrator = try method.fitted(scores: scores, outcomes: labels)
      let quality = try CalibrationQuality(
        method, scores: scores, outcomes: labels, prompts: items.map(\.prompt))
      var report = ScoreCalibration(quality, itemCount: items.count)
      report.method = method == .isotonic ? .isotonic : .platt
      report.digest = digestOfParts(
        Array(method.rawValue.utf8), bytes(of: calibrator.state))
      return (report, calibrator.state)
    } catch {
      throw .calibration(error)
    }
  }

  /// Tells how well a judge tells right from wrong, beside the length.
  package func evaluate(
    _ requests: MessageSource<EvaluateJudgeRequest>, context: ServerContext
  ) async throws -> JudgeReport {
    var setting: (judge: StoredJudge, resampleCount: Int, seed: UInt64)?
    var labelled = LabelledScores()
    for try await request in requests {
      let current: (judge: StoredJudge, resampleCount: Int, seed: UInt64)
      if let setting {
        current = setting
      } else {
        let count = request.resampleCount == 0 ? 1000 : Int(request.resampleCount)
        guard count <= 100_000 else {
          throw JudgeServiceError.outOfRange(
            name: "resample_count", value: "\(count)", range: "1...100000")
        }
        let judge = try await store.judge(request.judge, version: Int(request.version))
        current = (judge, count, request.seed)
      }
      setting = current
      try await add(request.items, to: &labelled, by: current.judge)
    }
    guard let setting else {
      throw JudgeServiceError.missingFirst(expected: "the judge's name")
    }
    let found = labelled
    let unit: Messages.LengthUnit =
      try setting.judge.method.inputs().askEncoder ? .tokens : .words
    guard !found.scored.isEmpty else {
      throw JudgeServiceError.noScores(
        unscoredCount: found.unscoredCount, errorCount: found.errorCount)
    }
    return try await compute.run(cancellable: { flag in
      let evaluation = JudgeEvaluation(
        found.scored.map {
          JudgeEvaluation.Item(
            prompt: $0.prompt, score: $0.score, length: $0.length, label: $0.label)
        }, resampleCount: setting.resampleCount, seed: setting.seed,
        isCancelled: { flag.isCancelled })
      guard !flag.isCancelled else { throw CancellationError() }
      var report = JudgeReport(evaluation, of: found)
      report.judgeDigest = setting.judge.digest
      report.lengthUnit = unit
      if let calibrator = setting.judge.calibration?.calibrator {
        let quality = CalibrationQuality(
          probabilities: found.scored.map { calibrator.probability(of: $0.score).value },
          outcomes: found.scored.map(\.label))
        report.calibration = ScoreCalibration(quality, itemCount: found.scored.count)
        report.calibration?.method = setting.judge.calibration?.report.method ?? .unspecified
        report.calibration?.digest = setting.judge.calibration?.report.digest ?? ""
      }
      return report
    })
  }
}

extension LabelledScores {
  mutating func add(_ item: JudgedItem, _ timed: TimedJudgement) throws {
    guard let value = timed.judgement.value, let label = item.label else {
      if timed.judgement.isError { errorCount += 1 } else { unscoredCount += 1 }
      return
    }
    let prompt =
      item.promptID.isEmpty
      ? digestOfParts(try (item.prompt ?? Prompt()).encoded()) : item.promptID
    scored.append(
      LabelledScore(
        itemID: item.itemID, prompt: prompt, score: value, length: timed.length, label: label))
  }
}

extension Judgement {
  fileprivate var isError: Bool {
    if case .error = self { true } else { false }
  }
}

extension ScoreCalibration {
  fileprivate init(_ quality: CalibrationQuality, itemCount: Int) {
    self.init(
      itemCount: UInt64(itemCount), ece: quality.expectedCalibrationError,
      brier: quality.brierScore, nll: quality.negativeLogLikelihood,
      reliability: quality.bins.map {
        Messages.ReliabilityBin(
          meanConfidence: $0.meanConfidence, accuracy: $0.accuracy, count: UInt64($0.count))
      })
  }
}

extension JudgeReport {
  fileprivate init(_ evaluation: JudgeEvaluation, of labelled: LabelledScores) {
    self.init(
      scoredCount: UInt64(labelled.scored.count), unscoredCount: UInt64(labelled.unscoredCount),
      errorCount: UInt64(labelled.errorCount), promptCount: UInt64(evaluation.promptCount))
    aurc = Messages.Estimate(evaluation.judge.aurc)
    aurcOracle = evaluation.curve.oracleArea
    baseRisk = evaluation.curve.meanLoss
    auroc = Messages.Estimate(evaluation.judge.auroc)
    pairAccuracy = Messages.Estimate(evaluation.judge.pairAccuracy)
    pearson = Messages.Estimate(evaluation.pearson)
    spearman = Messages.Estimate(evaluation.spearman)
    kendall = Messages.Estimate(evaluation.kendall)
    lengthAurc = Messages.Estimate(evaluation.length.aurc)
    lengthAuroc = Messages.Estimate(evaluation.length.auroc)
    lengthPairAccuracy = Messages.Estimate(evaluation.length.pairAccuracy)
    lengthCorrelation = evaluation.lengthCorrelation
    curve = RiskPoint.curve(evaluation.curve)
  }
}

extension Messages.Estimate {
  fileprivate init(_ estimate: Judging.Estimate) {
    switch estimate {
    case .defined(let value, let interval):
      self.init(
        defined: true, value: value, lower: interval.lowerBound, upper: interval.upperBound)
    case .undefined(let reason): self.init(reason: reason)
    }
  }
}

extension RiskPoint {
  /// At most a hundred points of a curve, evenly over its steps.
  fileprivate static func curve(_ curve: RiskCoverage) -> [RiskPoint] {
    let count = min(curve.steps.count, 100)
    return (0..<count).map { index in
      let step = curve.steps[(index + 1) * curve.steps.count / count - 1]
      let interval = wilsonInterval(share: step.risk, count: Double(step.acceptedCount))
      return RiskPoint(
        threshold: step.threshold,
        coverage: Double(step.acceptedCount) / Double(curve.itemCount), risk: step.risk,
        riskLower: interval.lowerBound, riskUpper: interval.upperBound)
    }
  }
}
