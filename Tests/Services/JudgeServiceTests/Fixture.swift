import AutodidactClient
import Daemon
import Messages
import Scheduling
import TTRPC
import ServiceFixtures
import TestSupport
import Testing

@testable import JudgeService

/// Runs `body` with a client of the service, its state in a folder of the test, beside fakes of the
/// daemons that it asks.
func withJudge(
  state: TemporaryFolder, models: FakeModels = FakeModels(),
  configuration: JudgeServiceConfiguration = JudgeServiceConfiguration(),
  counters: JudgeCounters = JudgeCounters(), _ body: @Sendable (JudgeClient) async throws -> Void
) async throws {
  let sockets = try TemporaryFolder()
  let service = AuditedJudgeService(
    store: try JudgeStore(folder: state.path, bytesMax: configuration.databaseBytesMax),
    configuration: configuration, compute: ComputeExecutor(name: "judge", threadCount: 1),
    suite: suiteClient(in: sockets.path),
    clock: JudgeClock(
      now: { 1_700_000_000_000_000_000 }, pause: { _ in }, seconds: { 0 },
      newID: { "run-\(UInt64.random(in: 0...UInt64.max))" }),
    counters: counters)
  try await withServices(
    models.services + [service.rpcService], on: [.encoder, .inference, .judge], in: sockets
  ) { try await body($0.judge) }
}

extension JudgeClient {
  /// Fits a judge on items.
  @discardableResult
  func fit(
    _ name: String, _ parameters: JudgeMethod.Parameters?, on items: [JudgedItem] = []
  ) async throws -> JudgeVersion {
    let call = try await fit()
    try await call.send(
      FitJudgeRequest(
        part: .header(FitJudgeHeader(name: name, method: JudgeMethod(parameters: parameters)))))
    if !items.isEmpty {
      try await call.send(FitJudgeRequest(part: .items(JudgedItems(items: items))))
    }
    try await call.finish()
    let judge = try await call.response().judge
    return try #require(judge)
  }

  /// Calibrates a judge.
  func calibrate(
    _ name: String, on items: [JudgedItem], method: CalibrationMethod = .unspecified
  ) async throws -> JudgeVersion {
    let call = try await calibrate()
    try await call.send(CalibrateJudgeRequest(judge: name, method: method, items: items))
    try await call.finish()
    let judge = try await call.response().judge
    return try #require(judge)
  }

  /// Certifies a judge.
  func certify(_ header: CertifyHeader, on items: [JudgedItem]) async throws -> Certificate {
    let call = try await certify()
    try await call.send(CertifyRequest(part: .header(header)))
    for start in stride(from: 0, to: items.count, by: 200) {
      let part = Array(items[start..<min(start + 200, items.count)])
      try await call.send(CertifyRequest(part: .items(JudgedItems(items: part))))
    }
    try await call.finish()
    let certificate = try await call.response().certificate
    return try #require(certificate)
  }

  /// Selects among items.
  func select(
    _ certificate: String, policy: Policy, run: String = "", items: [JudgedItem]
  ) async throws -> [Decision] {
    let call = try await select()
    try await call.send(
      SelectRequest(certificateID: certificate, policy: policy, runID: run, items: items))
    try await call.finish()
    var decisions: [Decision] = []
    for try await response in call.responses { decisions += response.decisions }
    return decisions
  }

  /// Evaluates a judge.
  func evaluate(_ name: String, on items: [JudgedItem]) async throws -> JudgeReport {
    let call = try await evaluate()
    try await call.send(EvaluateJudgeRequest(judge: name, resampleCount: 50, seed: 1, items: items))
    try await call.finish()
    return try await call.response()
  }

  /// Replays a run and returns its differences and its summary.
  func replay(
    _ run: String, judge: String = ""
  ) async throws -> (differences: [ReplayDifference], summary: ReplaySummary) {
    var differences: [ReplayDifference] = []
    var summary: ReplaySummary?
    let call = try await replay(ReplayRequest(runID: run, judge: judge))
    for try await response in call.responses {
      switch response.event {
      case .difference(let difference): differences.append(difference)
      case .summary(let found): summary = found
      default: break
      }
    }
    return (differences, try #require(summary))
  }
}

/// Items whose answer's number of words tells how likely it is right.
func labelledItems(_ count: Int, seed: UInt64, prefix: String = "item") -> [JudgedItem] {
  var random = SplitMix64(seed: seed)
  return (0..<count).map { index in
    let words = 1 + Int(random.uniform() * 20)
    let label = random.uniform() < Double(words) / 21 ? 1.0 : 0
    return JudgedItem(
      itemID: "\(prefix)-\(index)", promptID: "\(prefix)-prompt-\(index)",
      response: [String](repeating: "word", count: words).joined(separator: " "), label: label)
  }
}
