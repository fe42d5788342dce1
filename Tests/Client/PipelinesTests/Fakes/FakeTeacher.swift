import Messages
import Synchronization
import TTRPC

/// A teacher that labels by the largest of the first features of each class, in two rounds.
final class FakeTeacher: Sendable {
  private struct StoredRun {
    var header: RunHeader
    var chunks: [RunChunk]
    var followCount = 0
  }

  private struct State {
    var runs: [String: StoredRun] = [:]
    var followFailureCount = 0
    var createCount = 0
    var endState = RunState.finished
    var chosenRound: UInt32 = 1
  }

  private let state = Mutex(State())

  /// The ids of the runs.
  var runIDs: [String] { state.withLock { $0.runs.keys.sorted() } }
  /// How often a run was sent.
  var createCount: Int { state.withLock { $0.createCount } }

  /// Breaks the connection this many times in the middle of following a run.
  func failFollowing(count: Int) { state.withLock { $0.followFailureCount = count } }

  /// Ends runs in this state from now on.
  func endRuns(in endState: RunState) { state.withLock { $0.endState = endState } }

  /// Chooses this round from now on.
  func choose(round: UInt32) { state.withLock { $0.chosenRound = round } }

  var service: RPCService {
    RPCService(
      name: "autodidact.v1.Teacher",
      methods: [
        .clientStream("CreateRun") { (requests: [CreateRunRequest]) -> CreateRunResponse in
          try self.create(requests)
        },
        .serverStream("FollowRun") {
          (request: FollowRunRequest, send: (RunEvent) async throws -> Void) in
          try await self.follow(request.runID, send)
        },
        .unary("GetRun") { (request: GetRunRequest) -> Run in try self.run(request.runID) },
        .unary("GetHead") { (request: GetHeadRequest) -> GetHeadResponse in
          GetHeadResponse(
            head: try self.head(request.runID, round: request.round ?? self.chosenRound),
            round: request.round ?? self.chosenRound)
        },
        .serverStream("PseudoLabels") {
          (request: PseudoLabelsRequest, send: (PseudoLabelsResponse) async throws -> Void) in
          try await send(PseudoLabelsResponse(rows: try self.decisions(request.runID)))
        },
        .unary("Predict") { (request: PredictRequest) -> PredictResponse in
          try Self.predict(request, first: request)
        },
        .bidirectional("PredictStream") { request, first in
          try Self.predict(request, first: first)
        },
        .unary("ListMethods") { (_: ListTeacherMethodsRequest) -> ListTeacherMethodsResponse in
          var method = Method()
          method.id = "balanced-quotas"
          method.title = "Balanced quotas"
          method.family = "teacher"
          return ListTeacherMethodsResponse(methods: [method])
        },
      ])
  }

  private var chosenRound: UInt32 { state.withLock { $0.chosenRound } }

  private func create(_ requests: [CreateRunRequest]) throws -> CreateRunResponse {
    guard case .header(let header) = requests.first?.part else {
      throw RPCError(code: .invalidArgument, message: "the header is missing")
    }
    let chunks = requests.dropFirst().compactMap { request -> RunChunk? in
      guard case .chunk(let chunk) = request.part else { return nil }
      return chunk
    }
    let existed = try state.withLock { state in
      state.createCount += 1
      if let stored = state.runs[header.runID] {
        guard stored.header == header, stored.chunks == chunks else {
          throw RPCError(code: .failedPrecondition, message: "other data")
        }
        return true
      }
      state.runs[header.runID] = StoredRun(header: header, chunks: chunks)
      return false
    }
    return CreateRunResponse(run: Run(), existed: existed)
  }

  private func stored(_ id: String) throws -> StoredRun {
    guard let run = state.withLock({ $0.runs[id] }) else {
      throw RPCError(code: .notFound, message: "no run \(id)")
    }
    return run
  }

  private func follow(_ id: String, _ send: (RunEvent) async throws -> Void) async throws {
    _ = try stored(id)
    var progress = Progress()
    progress.stage = "self-training"
    try await send(RunEvent(event: .progress(progress)))
    let fails = state.withLock { state in
      guard state.followFailureCount > 0 else { return false }
      state.followFailureCount -= 1
      return true
    }
    if fails { throw RPCError(code: .unavailable, message: "the fake goes away") }
    let run = try run(id)
    for round in run.rounds { try await send(RunEvent(event: .round(round))) }
    try await send(RunEvent(event: .run(run)))
  }

  private func run(_ id: String) throws -> Run {
    let stored = try stored(id)
    let (endState, chosen) = state.withLock { ($0.endState, $0.chosenRound) }
    var run = Run()
    run.runID = id
    run.state = endState
    run.failure = endState == .failed ? "the fake was told to fail" : ""
    run.strategy = "balanced-quotas"
    run.classes = stored.header.classes
    run.chosenRound = chosen
    run.choiceReason = "the fake chose it"
    run.dataDigest = String(repeating: "da", count: 32)
    run.rounds = [0, 1].map { round(UInt32($0), stored) }
    run.quarantine = Quarantine()
    run.quarantine?.reason = "one clear group of scores"
    let histogram = Histogram(minimum: 0, maximum: 1, counts: [3, 2, 1])
    run.quarantine?.poolScores = histogram
    run.quarantine?.labelledScores = histogram
    return run
  }

  private func round(_ number: UInt32, _ stored: StoredRun) -> RoundReport {
    let classCount = stored.header.classes.count
    var report = RoundReport()
    report.round = number
    report.headDigest = "head-\(number)"
    let poolCount = stored.chunks.filter { $0.role == .unlabelled }
      .reduce(0) { $0 + $1.ids.count }
    if number > 0 {
      report.pseudoLabelCount = UInt64(poolCount)
      report.pseudoLabelCounts = [UInt64](
        repeating: UInt64(poolCount / classCount), count: classCount)
    }
    report.validationAccuracy = 0.7 + 0.1 * Double(number)
    report.validationStandardError = 0.02
    report.predictedShares = [Double](repeating: 1 / Double(classCount), count: classCount)
    let testRows = stored.chunks.filter { $0.role == .test }.reduce(0) { $0 + $1.ids.count }
    if testRows > 0 {
      var test = Evaluation()
      test.present = true
      test.rowCount = UInt64(testRows)
      test.accuracy = 0.5 + 0.25 * Double(number)
      test.macroF1 = test.accuracy
      test.ece = 0.1
      test.reliability = [ReliabilityBin(meanConfidence: 0.9, accuracy: 0.8, count: 4)]
      test.classes = stored.header.classes.map {
        ClassEvaluation(name: $0, precision: 0.8, recall: 0.7, f1: 0.75, support: 2)
      }
      test.confusion = [UInt64](repeating: 1, count: classCount * classCount)
      report.test = test
    }
    return report
  }

  /// Weights that look at the class's own words; round 0 ignores all but the first word.
  private func head(_ id: String, round: UInt32) throws -> Head {
    let stored = try stored(id)
    let classes = stored.header.classes
    let words = FakeEncoder.words
    let owners = ["fruit": 0..<3, "car": 3..<6, "stone": 6..<8]
    var head = Head()
    head.classes = classes
    head.weights = Tensor(
      rowCount: classes.count, columnCount: words.count,
      floats: classes.flatMap { name -> [Float] in
        let own = owners[name] ?? 0..<0
        return words.indices.map { index in
          own.contains(index) && (round > 0 || index == own.lowerBound) ? 4 : 0
        }
      })
    head.bias = Tensor(shape: [classes.count], floats: [Float](repeating: 0, count: classes.count))
    head.temperature = 0.5
    head.digest = "head-\(round)"
    return head
  }

  private func decisions(_ id: String) throws -> [PseudoLabel] {
    let stored = try stored(id)
    let head = try head(id, round: 1)
    let round = chosenRound
    return try stored.chunks.filter { $0.role == .unlabelled }.flatMap { chunk in
      let answer = try Self.labels(chunk.features ?? Tensor(), head)
      return zip(chunk.ids, answer).map { id, answer in
        var row = PseudoLabel()
        row.sampleID = id
        row.round = round
        row.predictedClass = stored.header.classes[answer.label]
        row.confidence = answer.confidence
        let isForeign = answer.confidence < 0.5
        row.oodScore = isForeign ? 0.9 : 0.1
        row.selected = round > 0 && !isForeign
        row.weight = row.selected ? 1 : 0
        row.verdicts = [
          Verdict(
            part: "quarantine", passed: !isForeign, value: Double(row.oodScore), bound: 0.5,
            reason: "score against the threshold")
        ]
        row.teacherDigest = "head-\(round)"
        return row
      }
    }
  }

  private static func predict(
    _ request: PredictRequest, first: PredictRequest
  ) throws -> PredictResponse {
    guard case .head(let head) = first.head?.reference else {
      throw RPCError(code: .invalidArgument, message: "no head")
    }
    var response = PredictResponse()
    response.sequence = request.sequence
    let answer = try labels(request.features ?? Tensor(), head)
    response.labels = answer.map { UInt32($0.label) }
    response.confidences = answer.map { $0.confidence }
    return response
  }

  private static func labels(
    _ features: Tensor, _ head: Head
  ) throws -> [(label: Int, confidence: Float)] {
    let (rows, columns) = try features.checkedMatrixShape()
    let values = try features.floats()
    let weights = try head.weights?.floats() ?? []
    return (0..<rows).map { row in
      let logits = head.classes.indices.map { index in
        (0..<columns).reduce(Float(0)) {
          $0 + values[row * columns + $1] * weights[index * columns + $1]
        }
      }
      let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
      return (best, logits[best] > 0 ? 0.9 : 1 / Float(head.classes.count))
    }
  }
}
