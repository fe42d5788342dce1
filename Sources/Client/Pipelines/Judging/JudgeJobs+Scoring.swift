internal import AutodidactClient
internal import Files
private import FoundationEssentials
package import Messages

extension JudgeJobs {
  /// Scores the rows of a file.
  package func score(_ run: Run, input: String, output: String) async throws -> Summary {
    var reader = try JudgeRowReader(path: input, kind: .answer)
    let lines = try LineOutput(path: output)
    var summary = Summary()
    let encoder = JSONText.encoder()
    var request = ScoreItemsRequest(
      judge: run.judge, version: run.version, runID: run.id, policy: run.policy)
    try await stream(
      try await suite.judge.scoreItemsStream(),
      next: {
        guard let items = try Self.nextItems(&reader) else { return nil }
        request.items = items
        return request
      },
      receive: { response in
        summary.runId = response.runID
        for score in response.scores {
          summary.add(score)
          try lines.append(Array(try encoder.encode(ScoreRow(score))))
        }
        observer(.progress(stage: "scoring", done: summary.total, total: 0))
      })
    try lines.commit()
    return summary
  }

  /// Selects among the rows of a file.
  package func select(
    certificateID: String, policy: Policy, runID: String, input: String, output: String
  ) async throws -> (summary: Summary, acceptedCount: Int, voidReason: String?) {
    var reader = try JudgeRowReader(path: input, kind: .answer)
    let lines = try LineOutput(path: output)
    var summary = Summary()
    var accepted = 0
    var void: String?
    let encoder = JSONText.encoder()
    var request = SelectRequest(certificateID: certificateID, policy: policy, runID: runID)
    try await stream(
      try await suite.judge.select(),
      next: {
        guard let items = try Self.nextItems(&reader) else { return nil }
        request.items = items
        return request
      },
      receive: { response in
        summary.runId = response.runID
        for decision in response.decisions {
          if let score = decision.score { summary.add(score) }
          if decision.accepted { accepted += 1 }
          if [.voidCertificate, .nothingCertified].contains(decision.cause) {
            void = decision.reason
          }
          try lines.append(Array(try encoder.encode(DecisionRow(decision))))
        }
        observer(.progress(stage: "selecting", done: summary.total, total: 0))
      })
    try lines.commit()
    return (summary, accepted, void)
  }

  /// Asks for a certificate on the labelled answers of a file.
  package func certify(_ header: CertifyHeader, input: String) async throws -> Certificate {
    let call = try await suite.judge.certify()
    let response = try await call.response { send in
      try await send(CertifyRequest(part: .header(header)))
      var reader = try JudgeRowReader(path: input, kind: .labelledAnswer)
      var done = 0
      while let items = try Self.nextItems(&reader) {
        try await send(CertifyRequest(part: .items(JudgedItems(items: items))))
        done += items.count
        observer(.progress(stage: "certifying", done: done, total: 0))
      }
    }
    return response.certificate ?? Certificate()
  }
}
