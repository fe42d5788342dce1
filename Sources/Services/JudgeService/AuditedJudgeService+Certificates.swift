package import Daemon
internal import Digests
internal import Judging
package import Messages
internal import Scheduling
internal import Statistics
package import TTRPC

extension AuditedJudgeService {
  /// Finds the threshold that keeps a risk, or says what is missing.
  package func certify(
    _ requests: MessageSource<CertifyRequest>, context: ServerContext
  ) async throws -> CertifyResponse {
    var iterator = requests.makeAsyncIterator()
    guard case .header(let header)? = try await iterator.next()?.part else {
      throw JudgeServiceError.missingFirst(expected: "the header")
    }
    let options = try Self.options(header)
    let judge = try await store.judge(header.judge, version: Int(header.version))
    let policy = header.policy ?? Policy()
    var labelled = LabelledScores()
    while let request = try await iterator.next() {
      guard case .items(let batch)? = request.part else {
        throw JudgeServiceError.unexpected(part: "the header")
      }
      try await add(batch.items, to: &labelled, by: judge)
    }
    let found = labelled
    let sample = IndependentSample(found.scored)
    let test = try await compute.run { sample.test(options) }
    var certificate = Certificate(test, of: sample, labelled: found)
    certificate.judgeDigest = judge.digest
    certificate.policyDigest = try policy.settingsDigest()
    certificate.createdUnixNanoseconds = clock.now()
    certificate.certificateID = Self.id(of: certificate, sample: sample, options: options)
    return CertifyResponse(
      certificate: try await store.add(certificate, judge: judge, policy: policy))
  }

  private static func options(
    _ header: CertifyHeader
  ) throws(JudgeServiceError) -> LearnThenTest.Options {
    guard header.alpha > 0, header.alpha < 1 else {
      throw .outOfRange(name: "alpha", value: "\(header.alpha)", range: "0 to 1, both excluded")
    }
    var options = LearnThenTest.Options(alpha: header.alpha)
    options.kind = header.kind == .joint ? .joint : .selective
    if header.delta != 0 { options.delta = header.delta }
    guard options.delta > 0, options.delta < 1 else {
      throw .outOfRange(name: "delta", value: "\(header.delta)", range: "0 to 1, both excluded")
    }
    if header.thresholdCount != 0 { options.thresholdCountMax = Int(header.thresholdCount) }
    guard options.thresholdCountMax <= 1000 else {
      throw .outOfRange(
        name: "threshold_count", value: "\(header.thresholdCount)", range: "1...1000")
    }
    return options
  }

  /// The same question about the same items has the same id.
  private static func id(
    of certificate: Certificate, sample: IndependentSample, options: LearnThenTest.Options
  ) -> String {
    let items = (sample.placing + sample.tested).flatMap { item in
      Array(item.itemID.utf8) + bytes(of: [item.score, item.label])
    }
    let digest = digestOfParts(
      Array(certificate.judgeDigest.utf8), Array(certificate.policyDigest.utf8),
      Array("\(options)".utf8), items)
    return "certificate-\(digest.prefix(24))"
  }

  /// Accepts answers or abstains, under a certificate.
  package func select(
    _ requests: MessageSource<SelectRequest>, context: ServerContext,
    responses: MessageSink<SelectResponse>
  ) async throws {
    var selection: Selection?
    for try await request in requests {
      let current: Selection
      if let selection { current = selection } else { current = try await self.selection(request) }
      selection = current
      let scores = try await score(request.items, in: current.run, by: current.judge)
      let decisions = scores.map { current.decision(on: $0) }
      try await store.add(
        decisions.map {
          NewDecision(
            scoreRow: Int($0.score?.scoreID ?? "") ?? 0, isAccepted: $0.accepted,
            cause: $0.cause, reason: $0.reason)
        }, certificateID: current.certificate.certificateID, now: clock.now())
      counters.count(decisions)
      try await responses.send(
        SelectResponse(
          sequence: request.sequence, decisions: decisions, runID: current.run.id))
    }
    guard selection != nil else {
      throw JudgeServiceError.missingFirst(expected: "the certificate's id")
    }
  }

  private func selection(_ request: SelectRequest) async throws -> Selection {
    let stored = try await store.certificate(request.certificateID)
    let judge = try await store.judge(row: stored.judgeRow)
    let policy = request.policy ?? Policy()
    var obstacle: (DecisionCause, String)?
    if judge.isRemoved {
      obstacle = (.voidCertificate, "void certificate: the judge `\(judge.name)` was removed")
    } else if try policy.settingsDigest() != stored.policyDigest {
      obstacle = (
        .voidCertificate,
        "void certificate: the answers come from another policy (model, sampling or remark) than "
          + "the labelled ones"
      )
    } else if !stored.certificate.certified {
      obstacle = (.nothingCertified, "nothing is certified: \(stored.certificate.reason)")
    }
    return Selection(
      certificate: stored.certificate, judge: judge,
      run: try await run(request.runID, judge: judge, policy: policy), obstacle: obstacle)
  }
}

/// A certificate in use.
private struct Selection: Sendable {
  let certificate: Certificate
  let judge: StoredJudge
  let run: StoredRun
  /// Why nothing may be accepted; nil where the certificate holds.
  let obstacle: (cause: DecisionCause, reason: String)?

  func decision(on score: ItemScore) -> Decision {
    var decision = Decision(itemID: score.itemID, score: score)
    if let obstacle {
      decision.cause = obstacle.cause
      decision.reason = obstacle.reason
    } else if let value = score.scoredValue {
      decision.accepted = value >= certificate.threshold
      decision.cause = decision.accepted ? .aboveThreshold : .belowThreshold
      if !decision.accepted {
        decision.reason = "the score \(value) is below the threshold \(certificate.threshold)"
      }
    } else {
      decision.cause = .noScore
      decision.reason = "no score: \(score.reason)"
    }
    return decision
  }
}

/// One item of each prompt, parted into those that place the thresholds and those that are tested.
///
/// Answers to one prompt depend on each other, and the promise needs independent ones. Which items
/// are taken depends on the digests of their ids alone, so that the order of the items and their
/// labels change nothing.
struct IndependentSample: Sendable {
  let placing: [LabelledScore]
  let tested: [LabelledScore]
  let promptCount: Int

  init(_ items: [LabelledScore]) {
    var chosen: [String: (key: [UInt8], item: LabelledScore)] = [:]
    for item in items {
      let key = SHA256.hash(data: Array(item.itemID.utf8))
      if let known = chosen[item.prompt], !key.lexicographicallyPrecedes(known.key) { continue }
      chosen[item.prompt] = (key, item)
    }
    let order = chosen.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.item)
    promptCount = order.count
    let placedCount = order.count < 20 ? order.count / 2 : max(10, order.count / 10)
    placing = Array(order.prefix(placedCount))
    tested = Array(order.dropFirst(placedCount))
  }

  func test(_ options: LearnThenTest.Options) -> LearnThenTest {
    LearnThenTest(
      placing: placing.map(\.score), scores: tested.map(\.score),
      losses: tested.map { 1 - $0.label }, options: options)
  }
}

extension Certificate {
  fileprivate init(_ test: LearnThenTest, of sample: IndependentSample, labelled: LabelledScores) {
    self.init(
      certified: test.certified != nil,
      moreLabelsNeeded: UInt64(test.moreLabelsNeeded ?? 0),
      kind: test.options.kind == .joint ? .joint : .selective, alpha: test.options.alpha,
      delta: test.options.delta, itemCount: UInt64(test.testedCount))
    reason = Self.reason(test, of: sample, labelled: labelled)
    curve = test.steps.map { step in
      let interval = wilsonInterval(share: step.risk, count: Double(step.acceptedCount))
      return RiskPoint(
        threshold: step.threshold, coverage: step.coverage, risk: step.risk,
        riskLower: interval.lowerBound, riskUpper: interval.upperBound)
    }
    // Without a promise these say what the first threshold of the walk came to.
    guard let step = test.certified ?? test.steps.first else {
      pValue = 1
      return
    }
    threshold = step.threshold
    coverage = step.coverage
    risk = step.risk
    pValue = step.pValue
    acceptedCount = UInt64(step.acceptedCount)
  }

  private static func reason(
    _ test: LearnThenTest, of sample: IndependentSample, labelled: LabelledScores
  ) -> String {
    let items =
      "\(sample.promptCount) prompts with \(labelled.scored.count) scored items (one of each "
      + "prompt counts, \(test.placedCount) of them place the thresholds); "
      + "\(labelled.unscoredCount) unscored, \(labelled.errorCount) errors"
    guard test.certified == nil else {
      return "holds for answers of the same judge, policy and sampling settings; from \(items)"
    }
    let least = LearnThenTest.acceptedCountMin(
      alpha: test.options.alpha, delta: test.options.delta)
    if test.testedCount < least {
      return "the calibration set is too small: a promise takes at least \(least) accepted answers "
        + "without an error, \(test.testedCount) are tested; from \(items)"
    }
    if test.steps.count == 1 {
      return "all scores that place the thresholds are the same, and too many answers are wrong; "
        + "from \(items)"
    }
    if test.moreLabelsNeeded == nil {
      return "the risk of the labelled answers is below alpha at no threshold that is tried; "
        + "from \(items)"
    }
    return "the labelled answers do not show yet that the risk is below alpha; from \(items)"
  }
}
