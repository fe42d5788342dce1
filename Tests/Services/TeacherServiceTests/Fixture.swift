import AutodidactClient
import Daemon
import Logging
import Messages
import Scheduling
import TTRPC
import TestSupport
import Testing

@testable import TeacherService

/// Rows around three axes of six dimensions, with their classes and ids.
struct Sample {
  static let classes = ["red", "green", "blue"]
  let dimensions = 6
  private var random: SplitMix64

  init(seed: UInt64 = 1) { random = SplitMix64(seed: seed) }

  /// `count` rows whose classes take turns.
  mutating func rows(_ count: Int, spread: Float = 0.5) -> (features: Tensor, labels: [UInt32]) {
    var elements = random.normals(count * dimensions).map { $0 * spread }
    let labels = (0..<count).map { UInt32($0 % 3) }
    for row in 0..<count { elements[row * dimensions + row % 3] += 1 }
    return (Tensor(rowCount: count, columnCount: dimensions, floats: elements), labels)
  }
}

/// The requests that create a run.
struct RunRequests {
  var header: RunHeader
  var chunks: [RunChunk]

  /// A run with `labelled` and `unlabelled` rows, and thirty test rows.
  init(
    _ id: String, labelled: Int = 12, unlabelled: Int = 60, options: RunOptions = RunOptions(),
    seed: UInt64 = 1
  ) {
    var sample = Sample(seed: seed)
    header = RunHeader(
      runID: id, classes: Sample.classes, options: options, encoderDigest: "none")
    chunks = []
    for (role, count) in [
      (RowRole.labelled, labelled), (.unlabelled, unlabelled), (.test, 30),
    ] where count > 0 {
      let (features, labels) = sample.rows(count)
      chunks.append(
        RunChunk(
          role: role, ids: (0..<count).map { "\(role)-\($0)" }, features: features,
          labels: role == .unlabelled ? [] : labels))
    }
  }
}

extension TeacherClient {
  /// Creates a run from its requests.
  @discardableResult
  func create(_ requests: RunRequests) async throws -> CreateRunResponse {
    let call = try await createRun()
    try await call.send(CreateRunRequest(part: .header(requests.header)))
    for chunk in requests.chunks { try await call.send(CreateRunRequest(part: .chunk(chunk))) }
    try await call.finish()
    return try await call.response()
  }

  /// Follows a run to its end and returns all events.
  func events(of id: String) async throws -> [RunEvent] {
    var events: [RunEvent] = []
    for try await event in try await followRun(FollowRunRequest(runID: id)).responses {
      events.append(event)
    }
    return events
  }

  /// All rows of a round.
  func rows(of id: String, round: UInt32? = nil) async throws -> [PseudoLabel] {
    let request = PseudoLabelsRequest(runID: id, round: round)
    var rows: [PseudoLabel] = []
    for try await response in try await pseudoLabels(request).responses { rows += response.rows }
    return rows
  }

  /// What a finished run came to, without anything that depends on the time.
  func result(of id: String) async throws -> RunResult {
    var run = try await getRun(GetRunRequest(runID: id))
    run.createdUnixNanoseconds = 0
    for index in run.rounds.indices {
      run.rounds[index].seconds = 0
      run.rounds[index].cpuSeconds = 0
    }
    var rounds: [[PseudoLabel]] = []
    for round in run.rounds.indices {
      rounds.append(try await rows(of: id, round: UInt32(round)))
    }
    return RunResult(
      run: run, head: try await getHead(GetHeadRequest(runID: id)).head, rounds: rounds)
  }
}

/// What a finished run came to.
struct RunResult: Equatable {
  let run: Run
  let head: Head?
  let rounds: [[PseudoLabel]]
}

/// Runs `body` with a client of the service, its state in a folder of the test.
func withTeacher(
  state: TemporaryFolder, configuration: TeacherConfiguration = TeacherConfiguration(),
  compute: ComputeExecutor = ComputeExecutor(name: "teacher", threadCount: 1),
  _ body: @Sendable (TeacherClient) async throws -> Void
) async throws {
  let sockets = try TemporaryFolder()
  let store = try await RunStore(folder: state.path, bytesMax: configuration.databaseBytesMax)
  let health = HealthRegistry()
  let runtime = TeacherRuntime(
    store: store, configuration: configuration, compute: compute,
    predicting: ComputeExecutor(name: "teacher-predict", threadCount: 1), health: health,
    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    now: { 1_700_000_000_000_000_000 })
  let server = TTRPCServer(
    configuration: ServerConfiguration(), services: [runtime.service.rpcService])
  let channel = ServiceChannel(socketPath: sockets.file("teacher.sock"), daemon: .teacher)
  let (started, start) = AsyncStream.makeStream(of: Void.self)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      try await server.run(listening: [.path(sockets.file("teacher.sock"), mode: 0o600)]) {
        start.finish()
      }
    }
    group.addTask {
      do {
        try await runtime.worker.run()
      } catch is CancellationError {
        // The end of the test.
      }
    }
    for await _ in started {}
    do {
      try await body(TeacherClient(channel: channel))
    } catch {
      Issue.record("\(error)")
    }
    await channel.close()
    health.shutDown()
    server.beginGracefulShutdown(deadline: .seconds(1))
    try await group.next()
    group.cancelAll()
    try await group.waitForAll()
  }
}
