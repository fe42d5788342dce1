import AutodidactClient
import Messages
import TTRPC

/// A stored judge, and the run that its scores belong to.
struct JudgeSession {
  /// The chunks on their way.
  private static let windowCount = 4

  let client: JudgeClient
  let version: JudgeVersion
  let policy: Policy
  let runID: String
  let retry: RetryPolicy

  /// Stores a judge of `method` under a name that says what it is, unless it is there.
  static func version(
    of method: JudgeMethod, named name: String, client: JudgeClient
  ) async throws -> JudgeVersion {
    var digest = ContentDigest()
    try method.encoded().withUnsafeBytes { digest.add($0) }
    let header = FitJudgeHeader(
      name: "rejection-sample-\(name)-\(digest.hexadecimal.prefix(8))", method: method)
    let call = try await client.fit()
    let response = try await call.response { send in
      try await send(FitJudgeRequest(part: .header(header)))
    }
    guard let judge = response.judge, !judge.digest.isEmpty else {
      throw RejectionSamplingError.badAnswer("the judge service gave no judge")
    }
    return judge
  }

  /// A session whose run's id says what is scored: the same answers are never scored twice.
  init(
    client: JudgeClient, version: JudgeVersion, policy: Policy, answersDigest: String,
    retry: RetryPolicy
  ) throws {
    self.client = client
    self.version = version
    self.policy = policy
    self.retry = retry
    var digest = ContentDigest()
    digest.add(version.digest)
    try policy.encoded().withUnsafeBytes { digest.add($0) }
    digest.add(answersDigest)
    runID = "rejection-sample-" + digest.hexadecimal.prefix(20)
  }

  /// Scores all items and hands each score to `receive`, in the order of the items.
  func score(
    _ source: JudgedItemSource, receive: (Int, ItemScore) throws -> Void
  ) async throws {
    try await exchange(source) {
      try await client.scoreItemsStream()
    } request: { start, items in
      var request = ScoreItemsRequest()
      request.judge = version.name
      request.version = version.version
      request.runID = runID
      request.policy = policy
      request.sequence = UInt64(start)
      request.items = items
      return request
    } receive: { response, start, count in
      try Self.check(response.sequence, response.scores.count, start, count)
      for (offset, score) in response.scores.enumerated() { try receive(start + offset, score) }
    }
  }

  /// Accepts items or abstains under a certificate; decisions come in the order of the items.
  func select(
    _ source: JudgedItemSource, under certificateID: String,
    receive: (Int, Decision) throws -> Void
  ) async throws {
    try await exchange(source) {
      try await client.select()
    } request: { start, items in
      var request = SelectRequest()
      request.certificateID = certificateID
      request.policy = policy
      request.runID = runID + "-selected"
      request.sequence = UInt64(start)
      request.items = items
      return request
    } receive: { response, start, count in
      try Self.check(response.sequence, response.decisions.count, start, count)
      for (offset, decision) in response.decisions.enumerated() {
        try receive(start + offset, decision)
      }
    }
  }

  /// Asks for a certificate on labelled items.
  func certificate(
    on source: JudgedItemSource, alpha: Double, delta: Double
  ) async throws -> Certificate {
    var header = CertifyHeader()
    header.judge = version.name
    header.version = version.version
    header.kind = .selective
    header.alpha = alpha
    header.delta = delta
    header.policy = policy
    let response = try await retry.run {
      let call = try await client.certify()
      return try await call.response { send in
        try await send(CertifyRequest(part: .header(header)))
        var start = 0
        while start < source.count {
          let items = try source.chunk(from: start)
          try await send(CertifyRequest(part: .items(JudgedItems(items: items))))
          start += items.count
        }
      }
    }
    guard let certificate = response.certificate else {
      throw RejectionSamplingError.badAnswer("the judge service gave no certificate")
    }
    return certificate
  }

  /// How well the judge tells right from wrong on labelled items.
  func report(on source: JudgedItemSource, seed: UInt64) async throws -> JudgeReport {
    try await retry.run {
      let call = try await client.evaluate()
      return try await call.response { send in
        var start = 0
        while start < source.count {
          var request = EvaluateJudgeRequest()
          request.judge = version.name
          request.version = version.version
          request.seed = seed
          request.items = try source.chunk(from: start)
          try await send(request)
          start += request.items.count
        }
      }
    }
  }

  /// Sends all items chunk by chunk and receives an answer to each chunk, in their order; a
  /// connection that is lost is made anew, and what was on its way is sent again.
  private func exchange<Request, Response>(
    _ source: JudgedItemSource,
    open: () async throws -> MessageCall<Request, Response>,
    request: (_ start: Int, _ items: [JudgedItem]) -> Request,
    receive: (_ response: Response, _ start: Int, _ count: Int) throws -> Void
  ) async throws {
    guard source.count > 0 else { return }
    var received = 0
    var attemptCount = 0
    while true {
      do {
        let call = try await open()
        var responses = call.responses.makeAsyncIterator()
        var pending: [Range<Int>] = []
        var sent = received
        while received < source.count {
          while pending.count < Self.windowCount, sent < source.count {
            let items = try source.chunk(from: sent)
            try await call.send(request(sent, items), orCauseIn: &responses)
            pending.append(sent..<sent + items.count)
            sent += items.count
          }
          guard let response = try await responses.next() else {
            throw CallError(
              code: .unavailable, message: "the judge service ended the stream early",
              daemon: .judge, method: "exchange")
          }
          try receive(response, pending[0].lowerBound, pending[0].count)
          received = pending.removeFirst().upperBound
          attemptCount = 0
        }
        try await call.finish()
        return
      } catch let error as CallError {
        attemptCount += 1
        try await retry.wait(before: attemptCount, after: error)
      }
    }
  }

  private static func check(_ sequence: UInt64, _ found: Int, _ start: Int, _ count: Int) throws {
    guard sequence == UInt64(start), found == count else {
      throw RejectionSamplingError.badAnswer(
        "\(found) verdicts in answer \(sequence) where \(count) in answer \(start) are due")
    }
  }
}
