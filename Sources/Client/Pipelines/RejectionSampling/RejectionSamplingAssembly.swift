import Messages

/// Puts the result together.
struct RejectionSamplingAssembly {
  let request: RejectionSamplingRequest
  let questions: QuestionSet
  let answers: JudgedAnswers
  let selection: AnswerSelection.Outcome
  let identity: RejectionSamplingResult.Identity
  /// What the first question that could not be asked says.
  let firstFailure: String?

  /// The result.
  func result() -> RejectionSamplingResult {
    let precision = PrecisionMeasure(
      rows: questions.indices(of: .measured).compactMap(row), seed: request.seed
    ).precision
    let counts = counts
    return RejectionSamplingResult(
      verdict: RejectionVerdict(counts: counts, promise: promise, precision: precision).text,
      counts: counts, promise: promise, precision: precision, tasks: tasks, quality: quality,
      voteShares: voteShares,
      settings: .init(
        judge: request.judge.rawValue, sampleCount: request.sampleCount,
        temperature: request.generation.sampling?.temperature ?? 0,
        tokensMax: Int(request.generation.stop?.tokensMax ?? 0), seed: request.seed),
      remarks: remarks(counts), identity: identity)
  }

  private var pool: [Int] {
    questions.roles.indices.filter { questions.roles[$0] != .calibration }
  }

  private func isKept(_ question: Int) -> Bool { selection.decisions[question]?.accepted == true }

  private func isBestRight(_ question: Int) -> Bool? {
    guard let best = selection.best[question] else { return nil }
    return answers.verdicts[question][best].isRight
  }

  private func row(_ question: Int) -> PrecisionMeasure.Row? {
    let verdicts = answers.verdicts[question]
    guard !verdicts.isEmpty else { return nil }
    return .init(
      answerCount: verdicts.count, rightCount: verdicts.count { $0.isRight == true },
      isBestRight: isBestRight(question), isKept: isKept(question))
  }

  private var counts: RejectionSamplingResult.Counts {
    let all = answers.verdicts.joined()
    let kept = pool.filter(isKept)
    return .init(
      questions: questions.count, calibration: questions.indices(of: .calibration).count,
      measured: questions.indices(of: .measured).count,
      unlabelled: questions.indices(of: .unlabelled).count, repeated: questions.repeatedCount,
      failed: answers.verdicts.count { $0.isEmpty }, answers: all.count,
      cutOff: all.count { $0.isCutOff }, unreadable: all.count { $0.answer == nil },
      kept: kept.count,
      pairs: kept.count { question in
        selection.best[question].flatMap { answers.bestRival(of: question, to: $0) } != nil
      })
  }

  private var promise: RejectionSamplingResult.Promise {
    let certificate = selection.certificate
    let has = certificate.certified
    return .init(
      isCertified: has, reason: certificate.reason.asSentence,
      moreLabelsNeeded: Int(clamping: certificate.moreLabelsNeeded), alpha: request.alpha,
      delta: request.delta, threshold: has ? certificate.threshold : nil,
      coverage: has ? certificate.coverage : nil, risk: has ? certificate.risk : nil,
      pValue: has ? certificate.pValue : nil, itemCount: Int(clamping: certificate.itemCount))
  }

  private var tasks: [RejectionSamplingResult.Task] {
    let groups = Dictionary(grouping: pool) { questions.questions[$0].task ?? "" }
    guard groups.count > 1 || groups.keys.first?.isEmpty == false else { return [] }
    return groups.sorted { $0.key < $1.key }.map { name, members in
      let rows = members.filter { questions.roles[$0] == .measured }.compactMap(row)
      return .init(
        name: name, questionCount: members.count, keptCount: members.count(where: isKept),
        sampledShare: PrecisionMeasure.sampledShare(rows),
        selectedShare: PrecisionMeasure.selectedShare(rows),
        keptShare: PrecisionMeasure.keptShare(rows))
    }
  }

  private var quality: RejectionSamplingResult.JudgeQuality? {
    guard let best = selection.bestReport, let all = selection.allReport else { return nil }
    return .init(
      judge: .init(
        aurc: .init(best.aurc), auroc: .init(best.auroc), pairAccuracy: .init(all.pairAccuracy)),
      length: .init(
        aurc: .init(best.lengthAurc), auroc: .init(best.lengthAuroc),
        pairAccuracy: .init(all.lengthPairAccuracy)),
      lengthCorrelation: best.lengthCorrelation, aurcOracle: best.aurcOracle,
      baseRisk: best.baseRisk, isOnCalibration: selection.isReportOnCalibration,
      curve: best.curve.map {
        .init(
          coverage: $0.coverage, risk: $0.risk, lower: $0.riskLower, upper: $0.riskUpper,
          threshold: $0.threshold)
      })
  }

  private var voteShares: RejectionSamplingResult.VoteShares {
    let count = max(1, request.sampleCount)
    let half = 0.5 / Double(count)
    // One bin for each number of votes, none included.
    let empty = ValueHistogram(
      minimum: -half, maximum: 1 + half, counts: [Int](repeating: 0, count: count + 1))
    var shares = RejectionSamplingResult.VoteShares(right: empty, wrong: empty, unknown: empty)
    for question in pool {
      guard let best = selection.best[question],
        let share = answers.verdicts[question][best].voteShare
      else { continue }
      switch answers.verdicts[question][best].isRight {
      case true?: shares.right.add(share)
      case false?: shares.wrong.add(share)
      case nil: shares.unknown.add(share)
      }
    }
    return shares
  }

  private func remarks(_ counts: RejectionSamplingResult.Counts) -> [String] {
    var remarks: [String] = []
    if counts.repeated > 0 {
      remarks.append(
        "\(counts.repeated.counted("question", one: "stands", many: "stand")) in the files more "
          + "than once; each is asked once.")
    }
    if counts.failed > 0 {
      remarks.append(
        "\(counts.failed.counted("question")) could not be asked; the first: "
          + (firstFailure ?? "").asSentence)
    }
    if counts.cutOff > 0 {
      remarks.append(
        "\(counts.cutOff.grouped) of \(counts.answers.counted("answer")) cut off before the end; "
          + "such answers vote but are never kept.")
    }
    if counts.unreadable > 0 {
      remarks.append(
        "\(counts.unreadable.counted("answer", one: "holds", many: "hold")) nothing that can be "
          + "read.")
    }
    let chatCount = questions.questions.count { question in
      if case .chat = question.input { true } else { false }
    }
    if chatCount > 0, chatCount < questions.count {
      remarks.append(
        "The questions are texts and conversations; TRL reads training rows of one form at a time.")
    }
    if request.judge == .rules {
      remarks.append(
        "The judge compares with the gold answers themselves, so the numbers on them are perfect "
          + "by construction.")
    }
    return remarks
  }
}

extension RejectionSamplingResult.Estimate {
  /// The judge service's estimate; nil where it is not defined.
  fileprivate init?(_ estimate: Messages.Estimate?) {
    guard let estimate, estimate.defined else { return nil }
    self.init(value: estimate.value, lower: estimate.lower, upper: estimate.upper)
  }
}
