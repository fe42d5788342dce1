package import AutodidactClient
package import Files
import FoundationEssentials
import Messages

/// The job that needs inference and judge: from questions to answers that a certificate allows.
///
/// Every step can be interrupted and gone on with: answers are kept in the folder, scores in the
/// judge service, and the results appear together at the end. The same inputs give the same bytes,
/// but for what depends on time: `speed.json`, and its figures in the report.
package struct RejectionSamplingPipeline {
  /// What a run has made.
  package struct Outcome: Sendable {
    /// The numbers.
    package var result: RejectionSamplingResult
    /// What the answers cost.
    package var speed: SamplingSpeed
    /// The results were there already.
    package var wasFinished: Bool
  }

  static let metricsName = "metrics.json"
  static let speedName = "speed.json"
  static let reportName = "report.html"

  private let suite: Autodidact
  private let request: RejectionSamplingRequest
  private let observer: PipelineObserver
  private let calls: FileCalls
  private let retry: RetryPolicy

  /// A run that calls the daemons of `suite`.
  package init(
    _ request: RejectionSamplingRequest, suite: Autodidact, calls: FileCalls = .system,
    observer: @escaping PipelineObserver
  ) {
    self.init(request, suite: suite, calls: calls, retry: RetryPolicy(), observer: observer)
  }

  init(
    _ request: RejectionSamplingRequest, suite: Autodidact, calls: FileCalls = .system,
    retry: RetryPolicy, observer: @escaping PipelineObserver
  ) {
    self.suite = suite
    self.request = request
    self.calls = calls
    self.retry = retry
    self.observer = observer
  }

  /// Does the job.
  ///
  /// - Throws: `RejectionSamplingError`.
  package func run() async throws(RejectionSamplingError) -> Outcome {
    do {
      return try await runInFolder()
    } catch {
      if Task.isCancelled { throw .interrupted }
      throw RejectionSamplingError(error)
    }
  }

  private func runInFolder() async throws -> Outcome {
    try Folder.create(request.output)
    let lock = try FolderLock(folder: request.output)
    defer { withExtendedLifetime(lock) {} }
    let folder = ResultFolder(path: request.output, calls: calls)
    try folder.finishMoving()
    observer(.progress(stage: "reading the questions", done: 0, total: 0))
    let questions = try QuestionSet(reading: request)
    let inputDigest = try inputDigest(of: questions)
    if let earlier = try finished(in: folder, inputDigest) { return earlier }
    let model = try await LanguageModels.model(named: request.generation.model, in: suite)
    // Before the long work: a judge that is not there is better known now.
    let versions = try await JudgeSessions.Versions(request, client: suite.judge)
    let store = try await answered(questions, model)
    let answersDigest = try store.digest()
    let sessions = try JudgeSessions(
      versions, client: suite.judge, policy: policy(model), answersDigest: answersDigest,
      retry: retry)
    let answers = try await CandidateJudging(
      questions: questions, store: store, sessions: sessions, observer: observer
    ).judged()
    let selection = try await AnswerSelection(
      questions: questions, store: store, answers: answers, session: sessions.judge,
      request: request, observer: observer
    ).outcome()
    let identity = RejectionSamplingResult.Identity(
      model: model.name, modelDigest: model.digest,
      judge: "\(versions.judge.name) version \(versions.judge.version)",
      judgeDigest: versions.judge.digest, run: sessions.judge.runID, answersDigest: answersDigest,
      inputDigest: inputDigest)
    let assembly = RejectionSamplingAssembly(
      request: request, questions: questions, answers: answers, selection: selection,
      identity: identity, firstFailure: try firstFailure(answers, store))
    return try write(assembly, store: store, into: folder)
  }

  private func inputDigest(of questions: QuestionSet) throws -> String {
    var digest = ContentDigest()
    digest.add(questions.digest)
    try request.generation.encoded().withUnsafeBytes { digest.add($0) }
    try request.method(of: request.judge).encoded().withUnsafeBytes { digest.add($0) }
    try request.method(of: .rules).encoded().withUnsafeBytes { digest.add($0) }
    digest.add("\(request.alpha) \(request.delta) \(request.promptTurns.rawValue)")
    return digest.hexadecimal
  }

  /// The results of the same inputs, if they are in the folder.
  private func finished(in folder: ResultFolder, _ inputDigest: String) throws -> Outcome? {
    let metrics = folder.file(Self.metricsName)
    guard Folder.exists(metrics) else { return nil }
    do {
      let result = try JSONText.value(
        RejectionSamplingResult.self, from: try MappedFile.bytes(of: metrics))
      guard result.identity.inputDigest != inputDigest else {
        let speed = try MappedFile.bytes(of: folder.file(Self.speedName))
        return Outcome(
          result: result, speed: try JSONText.value(SamplingSpeed.self, from: speed),
          wasFinished: true)
      }
    } catch let error as DecodingError {
      guard request.overwrites else {
        throw RejectionSamplingError.damaged(
          path: metrics, reason: "it is not what a run wrote (\(error.shortWords))")
      }
    }
    guard request.overwrites else {
      throw RejectionSamplingError.otherResults(folder: request.output)
    }
    return nil
  }

  /// The store with an answer to every question.
  private func answered(
    _ questions: QuestionSet, _ model: LanguageModel
  ) async throws -> AnswerStore {
    var key = ContentDigest()
    key.add(questions.digest)
    key.add(model.digest)
    try request.generation.encoded().withUnsafeBytes { key.add($0) }
    let store = try AnswerStore(
      folder: request.output + "/cache/answers-" + key.hexadecimal.prefix(20),
      questionCount: questions.count, calls: calls)
    try await AnswerSampling(
      client: suite.inference, questions: questions, request: request, retry: retry,
      observer: observer
    ).fill(store)
    return store
  }

  /// What made the answers; a certificate holds for nothing else.
  ///
  /// The seed is not part of it: whatever the seed, draws come from the same distribution.
  private func policy(_ model: LanguageModel) -> Policy {
    var policy = Policy()
    policy.modelDigest = model.digest
    policy.sampling = request.generation.sampling
    policy.sampling?.seed = 0
    let stop = request.generation.stop ?? StopOptions()
    policy.remark =
      "the best of \(request.sampleCount) samples; at most \(stop.tokensMax) tokens; stop strings "
      + "\(stop.strings)"
    return policy
  }

  private func firstFailure(_ answers: JudgedAnswers, _ store: AnswerStore) throws -> String? {
    guard let question = answers.verdicts.firstIndex(where: \.isEmpty) else { return nil }
    return try store.record(of: question).failure
  }

  private func write(
    _ assembly: RejectionSamplingAssembly, store: AnswerStore, into folder: ResultFolder
  ) throws -> Outcome {
    try folder.beginStaging()
    let examples = try TrainingFiles(
      request: request, questions: assembly.questions, store: store, answers: assembly.answers,
      selection: assembly.selection, observer: observer
    ).write(into: folder.staging, calls: calls)
    let result = assembly.result()
    let speed = try SamplingSpeed(store, questionCount: assembly.questions.count)
    let report = RejectionReportPage(
      RejectionReportContent(
        result: result, speed: speed, examples: examples, folder: request.output))
    try folder.stage(try JSONText.document(result), as: Self.metricsName)
    try folder.stage(try JSONText.document(speed), as: Self.speedName)
    try folder.stage(Array(report.html.utf8), as: Self.reportName)
    try folder.commit()
    return Outcome(result: result, speed: speed, wasFinished: false)
  }
}

extension DecodingError {
  /// What is wrong, without the coding path's type names.
  fileprivate var shortWords: String {
    switch self {
    case .keyNotFound(let key, _): "no “\(key.stringValue)”"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      context.debugDescription
    @unknown default: "unreadable"
    }
  }
}
