package import AutodidactClient
package import Files
import Messages
import TTRPC

/// The main job: from a few labels and many texts to a self-trained classifier with a report.
///
/// Every step can be interrupted and gone on with: features are kept in the folder, rounds in the
/// teacher, and the results appear together at the end. The same inputs give the same bytes.
package struct SelfTrainingPipeline {
  /// What a run has made.
  package struct Outcome: Sendable {
    /// The numbers.
    package var result: SelfTrainingResult
    /// The results were there already.
    package var wasFinished: Bool
  }

  static let metricsName = "metrics.json"
  static let reportName = "report.html"

  private let suite: Autodidact
  private let request: SelfTrainingRequest
  private let observer: PipelineObserver
  private let calls: FileCalls
  private let progress = RunProgress()

  /// A run that calls the daemons of `suite`.
  package init(
    _ request: SelfTrainingRequest, suite: Autodidact, calls: FileCalls = .system,
    observer: @escaping PipelineObserver
  ) {
    self.suite = suite
    self.request = request
    self.calls = calls
    self.observer = observer
  }

  /// Does the job.
  ///
  /// - Throws: `SelfTrainingError`.
  package func run() async throws(SelfTrainingError) -> Outcome {
    do {
      return try await runInFolder()
    } catch {
      if Task.isCancelled { throw .interrupted(runID: progress.runID) }
      throw SelfTrainingError(error)
    }
  }

  private func runInFolder() async throws -> Outcome {
    try Folder.create(request.output)
    let lock = try FolderLock(folder: request.output)
    defer { withExtendedLifetime(lock) {} }
    let folder = ResultFolder(path: request.output, calls: calls)
    try folder.finishMoving()
    observer(.progress(stage: "reading the files", done: 0, total: 0))
    let corpus = try Corpus(reading: request)
    let inputDigest = try inputDigest(of: corpus)
    if let earlier = try finished(in: folder, inputDigest) {
      return Outcome(result: earlier, wasFinished: true)
    }
    let model = try await EncoderModels.model(named: request.model, in: suite)
    let store = try await encoded(corpus, model)
    let run = try await trained(corpus, store, model)
    let parts = Parts(
      folder: folder, corpus: corpus, store: store, model: model, run: run,
      inputDigest: inputDigest)
    return Outcome(result: try await write(parts), wasFinished: false)
  }

  /// What the files are written from.
  private struct Parts {
    var folder: ResultFolder
    var corpus: Corpus
    var store: FeatureStore
    var model: EncoderModel
    var run: Run
    var inputDigest: String
  }

  private func inputDigest(of corpus: Corpus) throws -> String {
    var digest = ContentDigest()
    digest.add(corpus.digest)
    digest.add(request.model)
    try request.options.encoded().withUnsafeBytes { digest.add($0) }
    try request.detector.encoded().withUnsafeBytes { digest.add($0) }
    digest.add("\(request.falseAlarmRate)")
    return digest.hexadecimal
  }

  /// The results of the same inputs, if they are in the folder.
  private func finished(
    in folder: ResultFolder, _ inputDigest: String
  ) throws -> SelfTrainingResult? {
    guard Folder.exists(folder.file(ModelCard.fileName)) else { return nil }
    let metrics = folder.file(Self.metricsName)
    if !request.overwrites {
      guard try ModelFolder.card(in: folder).training.inputDigest == inputDigest else {
        throw SelfTrainingError.otherResults(folder: request.output)
      }
    } else {
      // ignoring: a card that does not read is as good as one of other inputs; both are replaced.
      let card = try? ModelFolder.card(in: folder)
      guard card?.training.inputDigest == inputDigest else { return nil }
    }
    do {
      return try JSONText.value(
        SelfTrainingResult.self, from: try ModelFolder.bytes(of: metrics))
    } catch is DecodingError {
      throw SelfTrainingError.damaged(path: metrics, reason: "it is not what a run wrote")
    }
  }

  private func encoded(_ corpus: Corpus, _ model: EncoderModel) async throws -> FeatureStore {
    var key = ContentDigest()
    key.add(corpus.textDigest)
    key.add(model.digest)
    let folder = request.output + "/cache/features-" + key.hexadecimal.prefix(20)
    let store = try FeatureStore(folder: folder, calls: calls)
    let encoder = TextEncoder(client: suite.encoder, model: model.name)
    try await CorpusEncoding(
      corpus: corpus, fields: request.fields, encoder: encoder, observer: observer
    ).fill(store)
    return store
  }

  private func trained(
    _ corpus: Corpus, _ store: FeatureStore, _ model: EncoderModel
  ) async throws -> Run {
    let run = try TeacherRun(
      teacher: suite.teacher, options: request.options, encoderDigest: model.digest,
      corpus: corpus, store: store, observer: observer)
    progress.runID = run.id
    return try await run.finished()
  }

  private func write(_ parts: Parts) async throws -> SelfTrainingResult {
    try parts.folder.beginStaging()
    let staging = parts.folder.staging
    let runID = parts.run.runID
    let survey = try await PseudoLabelFiles(
      teacher: suite.teacher, runID: runID, corpus: parts.corpus, fields: request.fields,
      observer: observer
    ).write(into: staging, calls: calls)
    let head = try await head(of: runID, round: nil)
    let first = try await self.head(of: runID, round: 0)
    let paired = try await PairedComparison(
      teacher: suite.teacher, first: first, second: head, corpus: parts.corpus,
      store: parts.store)
    let fitting = DetectorFitting(
      client: suite.ood, corpus: parts.corpus, store: parts.store, survey: survey,
      request: request, head: head, encoderDigest: parts.model.digest, runID: runID,
      observer: observer)
    let detector = try await fitting.detector()
    let state = try await fitting.exported(detector.name)
    let assembly = ResultAssembly(
      run: parts.run, corpus: parts.corpus, survey: survey, paired: paired, detector: detector,
      truncatedCount: parts.store.truncatedCount, seed: request.options.seed,
      identity: .init(
        encoder: parts.model.name, encoderDigest: parts.model.digest, headDigest: head.digest,
        run: runID, dataDigest: parts.run.dataDigest, inputDigest: parts.inputDigest))
    let result = try assembly.result
    let headBytes = try HeadFile.bytes(of: head)
    let card = card(parts, head: head, headBytes: headBytes, detector: detector, state: state)
    let report = ReportPage(
      ReportContent(
        result: result, pseudoLabelled: survey.examples, quarantined: survey.quarantined,
        folder: request.output))
    try parts.folder.stage(headBytes, as: HeadFile.fileName)
    try parts.folder.stage(state, as: ModelFolder.detectorFileName)
    try parts.folder.stage(try JSONText.document(result), as: Self.metricsName)
    try parts.folder.stage(Array(report.html.utf8), as: Self.reportName)
    try parts.folder.stage(try JSONText.document(card), as: ModelCard.fileName)
    try parts.folder.commit()
    return result
  }

  private func head(of runID: String, round: UInt32?) async throws -> Head {
    var request = GetHeadRequest()
    request.runID = runID
    request.round = round
    guard let head = try await suite.teacher.getHead(request).head else {
      throw SelfTrainingError.runFailed(runID: runID, reason: "it has no head")
    }
    return head
  }

  private func card(
    _ parts: Parts, head: Head, headBytes: [UInt8], detector: Detector, state: [UInt8]
  ) -> ModelCard {
    let threshold = detector.threshold ?? Threshold()
    return ModelCard(
      classes: head.classes, fields: request.fields,
      encoder: .init(
        model: parts.model.name, digest: parts.model.digest, dimensions: parts.store.dimensions),
      head: .init(
        file: ModelFolder.reference(to: HeadFile.fileName, bytes: headBytes),
        digest: head.digest, temperature: head.temperature),
      detector: .init(
        file: ModelFolder.reference(to: ModelFolder.detectorFileName, bytes: state),
        name: detector.name, digest: detector.digest, method: detector.method?.wireID ?? "default",
        threshold: threshold.score, falseAlarmRate: threshold.falseAlarmRate),
      training: .init(
        run: parts.run.runID, strategy: parts.run.strategy,
        chosenRound: Int(parts.run.chosenRound), inputDigest: parts.inputDigest,
        dataDigest: parts.run.dataDigest))
  }
}
