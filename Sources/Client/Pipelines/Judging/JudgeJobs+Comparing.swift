internal import AutodidactClient
internal import Files
private import FoundationEssentials
internal import Messages

extension JudgeJobs {
  /// Orders the candidates of each row of a file.
  package func rank(_ run: Run, input: String, output: String) async throws -> (
    summary: Summary, promptCount: Int, tieCount: Int
  ) {
    var reader = try JudgeRowReader(path: input, kind: .candidates)
    let lines = try LineOutput(path: output)
    let encoder = JSONText.encoder()
    var summary = Summary()
    var (prompts, ties) = (0, 0)
    summary.runId = run.id
    while let rows = try Self.nextRows(&reader) {
      let sets = rows.map { row in
        CandidateSet(
          promptID: row.id, prompt: row.prompt,
          candidates: row.responses.map { Candidate(response: $0) }, reference: row.reference)
      }
      let answer = try await suite.judge.rank(
        RankRequest(
          judge: run.judge, version: run.version, sets: sets, policy: run.policy, runID: run.id),
        options: Self.longCall)
      for ranking in answer.rankings {
        prompts += 1
        if ranking.tie { ties += 1 }
        for score in ranking.scores { summary.add(score) }
        try lines.append(Array(try encoder.encode(RankRow(ranking))))
      }
      observer(.progress(stage: "ranking", done: prompts, total: 0))
    }
    try lines.commit()
    return (summary, prompts, ties)
  }

  /// Compares the two answers of each row of a file, and their lengths beside them.
  ///
  /// The length is in tokens of the encoder that the judge asks, in words where it asks none.
  package func compare(_ run: Run, input: String, output: String) async throws -> PairSummary {
    var reader = try JudgeRowReader(path: input, kind: .pair)
    let lines = try LineOutput(path: output)
    let encoder = JSONText.encoder()
    var options = JudgeMethodOptions(id: "length")
    if let model = try await encoderModel(of: run) {
      (options.unit, options.model) = ("tokens", model)
    }
    let lengthJudge = try await fit(
      name: "length-in-\(options.unit)", method: options.method, input: nil)
    var summary = PairSummary(lengthUnit: options.unit, runId: run.id)
    while let rows = try Self.nextRows(&reader) {
      let pairs = rows.map { row in
        AnswerPair(
          pairID: row.id, prompt: row.prompt, first: row.responses[0], second: row.responses[1],
          reference: row.reference)
      }
      let answer = try await suite.judge.compare(
        CompareRequest(judge: run.judge, version: run.version, pairs: pairs, runID: run.id),
        options: Self.longCall)
      let lengths = try await suite.judge.compare(
        CompareRequest(
          judge: lengthJudge.name, version: lengthJudge.version, pairs: pairs,
          runID: run.id.isEmpty ? "" : run.id + "-length"),
        options: Self.longCall)
      for ((row, comparison), length) in zip(
        zip(rows, answer.comparisons), lengths.comparisons)
      {
        summary.add(comparison, length: length, label: row.label)
        try lines.append(Array(try encoder.encode(ComparisonRow(comparison))))
      }
      observer(
        .progress(
          stage: "comparing", done: summary.scoredCount + summary.unscoredCount, total: 0))
    }
    try lines.commit()
    return summary
  }

  /// The encoder model that a run's judge asks; nil where it asks none, or there is no such judge.
  private func encoderModel(of run: Run) async throws -> String? {
    let judges = try await suite.judge.listJudges(ListJudgesRequest()).judges
    let judge = judges.first {
      $0.name == run.judge && (run.version == 0 || $0.version == run.version)
    }
    switch judge?.method?.parameters {
    case .bertScore(let parameters): return parameters.encoderModel
    case .referenceSimilarity(let parameters): return parameters.encoderModel
    case .length(let parameters) where parameters.unit == .tokens: return parameters.encoderModel
    default: return nil
    }
  }
}
