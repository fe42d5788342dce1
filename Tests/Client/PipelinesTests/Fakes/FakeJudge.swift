import Messages
import Synchronization
import TTRPC

/// A judge service with three judges, scores that it keeps, and a certificate that is plainly made.
final class FakeJudge: Sendable {
  private struct State {
    var judges: [JudgeVersion] = []
    var scores: [String: ItemScore] = [:]
    var scoredCount = 0
    var chunkCountBeforeFailure: Int?
    var moreLabelsNeeded: UInt64?
    var policies: Set<String> = []
  }

  private let state = Mutex(State())

  /// The items that were scored and not found.
  var scoredCount: Int { state.withLock { $0.scoredCount } }

  /// Fails once after this many chunks of any stream.
  func fail(afterChunks count: Int) { state.withLock { $0.chunkCountBeforeFailure = count } }

  /// Certifies nothing from now on; 0: no number of labels would help.
  func refuse(moreLabelsNeeded count: UInt64) { state.withLock { $0.moreLabelsNeeded = count } }

  var service: RPCService {
    RPCService(
      name: "autodidact.v1.Judge",
      methods: [
        .clientStream("Fit") { (requests: [FitJudgeRequest]) -> FitJudgeResponse in
          try self.fitted(requests)
        },
        .bidirectional("ScoreItemsStream") { (request: ScoreItemsRequest, first) in
          try self.scored(request, first)
        },
        .clientStream("Certify") { (requests: [CertifyRequest]) -> CertifyResponse in
          CertifyResponse(certificate: try self.certificate(requests))
        },
        .bidirectional("Select") { (request: SelectRequest, first) -> SelectResponse in
          try self.selected(request, first)
        },
        .clientStream("Evaluate") { (requests: [EvaluateJudgeRequest]) -> JudgeReport in
          try self.report(requests)
        },
      ])
  }

  private func fitted(_ requests: [FitJudgeRequest]) throws -> FitJudgeResponse {
    guard case .header(let header) = requests.first?.part else {
      throw RPCError(code: .invalidArgument, message: "a header comes first")
    }
    return state.withLock { state in
      if let known = state.judges.first(where: { $0.name == header.name }) {
        return FitJudgeResponse(judge: known)
      }
      var judge = JudgeVersion()
      judge.name = header.name
      judge.version = 1
      judge.digest = "digest of " + header.name
      judge.method = header.method
      state.judges.append(judge)
      return FitJudgeResponse(judge: judge)
    }
  }

  private func scored(
    _ request: ScoreItemsRequest, _ first: ScoreItemsRequest
  ) throws -> ScoreItemsResponse {
    try step()
    let scores = try request.items.map { item in
      let score = try self.score(item, judge: first.judge)
      return state.withLock { state in
        let key = "\(first.runID) \(item.itemID)"
        if let known = state.scores[key] { return known }
        var stored = score
        stored.scoreID = "score of \(key)"
        state.scores[key] = stored
        state.scoredCount += 1
        return stored
      }
    }
    return ScoreItemsResponse(sequence: request.sequence, runID: first.runID, scores: scores)
  }

  /// Passes over a failure that is due.
  private func step() throws {
    try state.withLock { state in
      guard let count = state.chunkCountBeforeFailure else { return }
      state.chunkCountBeforeFailure = count > 0 ? count - 1 : nil
      if count == 0 { throw RPCError(code: .unavailable, message: "the fake goes away") }
    }
  }

  private func score(_ item: JudgedItem, judge name: String) throws -> ItemScore {
    let judge = state.withLock { $0.judges.first { $0.name == name } }
    guard let judge else { throw RPCError(code: .notFound, message: "no judge \(name)") }
    var score = ItemScore()
    score.itemID = item.itemID
    score.status = .scored
    switch judge.method?.parameters {
    case .consensus:
      let all = ([item.response] + item.otherSamples).map(Self.answer)
      let own = Self.answer(item.response)
      let votes = all.count { $0 == own }
      score.value = Double(votes) / Double(all.count)
      score.parts = [ScorePart(name: "votes", value: Double(votes), reason: own)]
    case .rules:
      guard let reference = item.reference else {
        score.status = .unscored
        score.reason = "there is no reference"
        break
      }
      score.value = Self.answer(reference) == Self.answer(item.response) ? 1 : 0
    case .sequenceLogProbability:
      score.value = Double(item.tokenLogProbabilities.reduce(0, +))
    default: throw RPCError(code: .invalidArgument, message: "no such method here")
    }
    return score
  }

  private static func answer(_ text: String) -> String {
    text.filter { $0 != " " && $0 != "." }
  }

  /// Accepts the scores at which at most alpha of the calibration items are wrong.
  private func certificate(_ requests: [CertifyRequest]) throws -> Certificate {
    guard case .header(let header) = requests.first?.part else {
      throw RPCError(code: .invalidArgument, message: "a header comes first")
    }
    var certificate = Certificate()
    var rows: [(score: Double, isWrong: Bool)] = []
    for case .items(let items) in requests.dropFirst().map(\.part) {
      for item in items.items {
        let score = try score(item, judge: header.judge)
        if score.status == .scored { rows.append((score.value, item.label == 0)) }
      }
    }
    certificate.certificateID = "certificate of \(header.judge) at \(header.alpha)"
    certificate.itemCount = UInt64(rows.count)
    certificate.alpha = header.alpha
    certificate.delta = header.delta
    certificate.reason = "too few labelled items"
    if let count = state.withLock({ $0.moreLabelsNeeded }) {
      certificate.moreLabelsNeeded = count
      return certificate
    }
    for threshold in Set(rows.map(\.score)).sorted(by: >) {
      let accepted = rows.filter { $0.score >= threshold }
      let risk = Double(accepted.count { $0.isWrong }) / Double(accepted.count)
      guard risk <= header.alpha else { break }
      certificate.certified = true
      certificate.reason = ""
      certificate.threshold = threshold
      certificate.risk = risk
      certificate.acceptedCount = UInt64(accepted.count)
      certificate.coverage = Double(accepted.count) / Double(rows.count)
    }
    let policy = try (header.policy ?? Policy()).encoded()
    state.withLock { state in
      _ = state.policies.insert("\(policy)")
      state.scores[certificate.certificateID] = ItemScore(
        reason: header.judge, value: certificate.threshold)
    }
    return certificate
  }

  private func selected(_ request: SelectRequest, _ first: SelectRequest) throws -> SelectResponse {
    try step()
    let policy = try (first.policy ?? Policy()).encoded()
    let known = state.withLock { state in
      state.policies.contains("\(policy)") ? state.scores[first.certificateID] : nil
    }
    guard let known else { throw RPCError(code: .failedPrecondition, message: "void certificate") }
    let decisions = try request.items.map { item in
      let score = try score(item, judge: known.reason)
      let isAccepted = score.status == .scored && score.value >= known.value
      return Decision(
        itemID: item.itemID, accepted: isAccepted,
        reason: isAccepted ? "" : "the score is below the threshold", score: score,
        cause: isAccepted ? .aboveThreshold : .belowThreshold)
    }
    return SelectResponse(sequence: request.sequence, decisions: decisions)
  }

  private func report(_ requests: [EvaluateJudgeRequest]) throws -> JudgeReport {
    let items = requests.flatMap(\.items)
    guard items.allSatisfy({ $0.label != nil }) else {
      throw RPCError(code: .invalidArgument, message: "an item has no label")
    }
    var report = JudgeReport()
    report.scoredCount = UInt64(items.count)
    report.auroc = Estimate(defined: true, value: 0.75, lower: 0.5, upper: 1)
    report.lengthAuroc = Estimate(reason: "all lengths are the same")
    report.baseRisk = Double(items.count { $0.label == 0 }) / Double(max(1, items.count))
    report.curve = (1...10).map { tenth in
      let share = Double(tenth) / 10
      return RiskPoint(
        threshold: 1 - share, coverage: share, risk: share / 2, riskLower: share / 3,
        riskUpper: share)
    }
    return report
  }
}
