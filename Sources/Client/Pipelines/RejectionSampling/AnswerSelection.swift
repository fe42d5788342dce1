import Messages

/// Takes the best answer of each question and keeps those that the certificate allows.
struct AnswerSelection {
  let questions: QuestionSet
  let store: AnswerStore
  let answers: JudgedAnswers
  let session: JudgeSession
  let request: RejectionSamplingRequest
  let observer: PipelineObserver

  /// What was selected.
  struct Outcome {
    /// The promise, or why there is none.
    var certificate: Certificate
    /// The best answer of each question, where one has a score.
    var best: [Int?]
    /// What was decided on each question's best answer; none under no certificate.
    var decisions: [Int: Decision]
    /// The judge on the best answers, if a gold answer is there to compare with.
    var bestReport: JudgeReport?
    /// The judge on all answers to the same questions.
    var allReport: JudgeReport?
    /// The reports stand on calibration questions, because no others have gold answers.
    var isReportOnCalibration: Bool
  }

  /// Certifies, selects and evaluates.
  func outcome() async throws -> Outcome {
    let best = (0..<questions.count).map { answers.best(of: $0) }
    let calibration = questions.indices(of: .calibration).filter { best[$0] != nil }
    observer(.progress(stage: "asking for a certificate", done: 0, total: 0))
    let certificate = try await session.certificate(
      on: source(calibration, best, hasLabels: true), alpha: request.alpha, delta: request.delta)
    let decisions = try await decisions(best, certificate)
    let measured = questions.indices(of: .measured).filter { best[$0] != nil }
    let reported = measured.isEmpty ? calibration : measured
    var outcome = Outcome(
      certificate: certificate, best: best, decisions: decisions,
      isReportOnCalibration: measured.isEmpty)
    guard !reported.isEmpty else { return outcome }
    observer(.progress(stage: "evaluating the judge", done: 0, total: 0))
    outcome.bestReport = try await session.report(
      on: source(reported, best, hasLabels: true), seed: request.seed)
    outcome.allReport = try await session.report(on: allAnswers(reported), seed: request.seed)
    return outcome
  }

  private func decisions(
    _ best: [Int?], _ certificate: Certificate
  ) async throws -> [Int: Decision] {
    guard certificate.certified else { return [:] }
    var decisions: [Int: Decision] = [:]
    let pool = best.indices.filter { questions.roles[$0] != .calibration && best[$0] != nil }
    observer(.progress(stage: "selecting", done: 0, total: pool.count))
    try await session.select(
      source(pool, best, hasLabels: false), under: certificate.certificateID
    ) { index, decision in
      decisions[pool[index]] = decision
      observer(.progress(stage: "selecting", done: index + 1, total: pool.count))
    }
    return decisions
  }

  /// The best answers of some questions.
  private func source(
    _ indices: [Int], _ best: [Int?], hasLabels: Bool
  ) -> JudgedItemSource {
    let maker = JudgedItemMaker(questions: questions, store: store)
    return JudgedItemSource(count: indices.count) { place in
      let question = indices[place]
      let sample = best[question] ?? 0
      return try maker.item(
        question: question, sample: sample,
        label: hasLabels ? label(question, sample) : nil)
    }
  }

  /// All answers to some questions.
  private func allAnswers(_ indices: [Int]) -> JudgedItemSource {
    let maker = JudgedItemMaker(questions: questions, store: store)
    let places = indices.flatMap { question in
      answers.verdicts[question].indices.map { (question: question, sample: $0) }
    }
    return JudgedItemSource(count: places.count) { place in
      let (question, sample) = places[place]
      return try maker.item(
        question: question, sample: sample, label: label(question, sample))
    }
  }

  private func label(_ question: Int, _ sample: Int) -> Double {
    answers.verdicts[question][sample].isRight == true ? 1 : 0
  }
}
