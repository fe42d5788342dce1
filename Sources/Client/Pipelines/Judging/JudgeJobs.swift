package import AutodidactClient
package import Messages
internal import TTRPC

/// Files of answers through the judge: rows in, rows out, memory bounded.
package struct JudgeJobs: Sendable {
  let suite: Autodidact
  let observer: PipelineObserver

  // A part of a file that is sent as one message.
  private static let itemsPerMessage = 64
  private static let bytesPerMessage = 1 << 20
  // Messages of one stream that are on their way at once.
  private static let window = 4

  /// Jobs with the daemons of `suite`.
  package init(suite: Autodidact, observer: @escaping PipelineObserver) {
    self.suite = suite
    self.observer = observer
  }

  // MARK: Fitting

  /// Fits a judge, on the answers of a file where the method learns from them.
  ///
  /// The file holds answers, candidates or pairs.
  package func fit(
    name: String, method: JudgeMethod, input: String?
  ) async throws -> JudgeVersion {
    let call = try await suite.judge.fit()
    let response = try await call.response { send in
      try await send(
        FitJudgeRequest(part: .header(FitJudgeHeader(name: name, method: method))))
      guard let input else { return }
      var lessons = try LessonReader(path: input)
      while let items = try lessons.nextItems() {
        try await send(FitJudgeRequest(part: .items(JudgedItems(items: items))))
      }
    }
    return response.judge ?? JudgeVersion()
  }

  /// Calibrates a judge on the labelled answers of a file.
  package func calibrate(
    judge: String, version: UInt32, method: CalibrationMethod, input: String
  ) async throws -> JudgeVersion {
    let call = try await suite.judge.calibrate()
    let response = try await call.response { send in
      var reader = try JudgeRowReader(path: input, kind: .labelledAnswer)
      var request = CalibrateJudgeRequest(judge: judge, version: version, method: method)
      var done = 0
      while let items = try Self.nextItems(&reader) {
        request.items = items
        try await send(request)
        done += items.count
        observer(.progress(stage: "calibrating", done: done, total: 0))
      }
    }
    return response.judge ?? JudgeVersion()
  }

  /// Evaluates a judge on the labelled answers of a file.
  package func evaluate(judge: String, version: UInt32, input: String) async throws -> JudgeReport {
    let call = try await suite.judge.evaluate()
    return try await call.response { send in
      var reader = try JudgeRowReader(path: input, kind: .labelledAnswer)
      var request = EvaluateJudgeRequest(judge: judge, version: version)
      var done = 0
      while let items = try Self.nextItems(&reader) {
        request.items = items
        try await send(request)
        done += items.count
        observer(.progress(stage: "evaluating", done: done, total: 0))
      }
    }
  }

  /// Whether every row of a file has a label, so that a judge can be evaluated on it.
  package static func isLabelled(_ input: String) throws(InputError) -> Bool {
    guard input != "-" else { return false }
    var reader = try JudgeRowReader(path: input, kind: .answer)
    while let row = try reader.next() {
      if row.label == nil { return false }
    }
    return true
  }

  /// Scores a recorded run again and tells each difference.
  package func replay(
    _ request: ReplayRequest, _ difference: (ReplayDifference) -> Void
  ) async throws -> ReplaySummary {
    var summary = ReplaySummary()
    for try await response in try await suite.judge.replay(request).responses {
      switch response.event {
      case .progress(let progress)?:
        observer(
          .progress(
            stage: progress.stage, done: Int(progress.doneCount), total: Int(progress.totalCount)))
      case .difference(let found)?: difference(found)
      case .summary(let found)?: summary = found
      case nil: break
      }
    }
    return summary
  }

  // MARK: Messages

  static let longCall = CallOptions(timeout: .seconds(1800))

  /// The next rows that fit into a message; nil at the end.
  static func nextRows(_ reader: inout JudgeRowReader) throws(InputError) -> [JudgeRow]? {
    var rows: [JudgeRow] = []
    var bytes = 0
    while rows.count < itemsPerMessage, bytes < bytesPerMessage, let row = try reader.next() {
      bytes += row.responses.reduce(0) { $0 + $1.utf8.count }
      bytes += row.samples.reduce(0) { $0 + $1.utf8.count }
      bytes += (row.reference?.utf8.count ?? 0) + 4 * row.tokenLogProbabilities.count
      rows.append(row)
    }
    return rows.isEmpty ? nil : rows
  }

  static func nextItems(
    _ reader: inout JudgeRowReader
  ) throws(InputError) -> [JudgedItem]? {
    try nextRows(&reader)?.map(\.item)
  }

  /// Sends requests and takes responses, a few messages apart.
  func stream<Request: WireMessage, Response: WireMessage>(
    _ call: MessageCall<Request, Response>, next: () throws -> Request?,
    receive: (Response) throws -> Void
  ) async throws {
    var responses = call.responses.makeAsyncIterator()
    var underWay = 0
    while let request = try next() {
      try await call.send(request, orCauseIn: &responses)
      underWay += 1
      guard underWay >= Self.window else { continue }
      guard let response = try await responses.next() else { break }
      try receive(response)
      underWay -= 1
    }
    try await call.finish()
    while let response = try await responses.next() { try receive(response) }
  }
}
