import AutodidactClient
import Messages

/// Has every answer judged: by the judge that selects, by a vote, and against the gold answers.
struct CandidateJudging {
  let questions: QuestionSet
  let store: AnswerStore
  let sessions: JudgeSessions
  let observer: PipelineObserver

  /// The place of one answer.
  private struct Place {
    var question: Int
    var sample: Int
  }

  /// The verdicts on all answers.
  func judged() async throws -> JudgedAnswers {
    var answers = JudgedAnswers(verdicts: [])
    if sessions.judge.version.digest == sessions.gold.version.digest { answers.scoreMin = 1 }
    var places: [Place] = []
    for question in 0..<questions.count {
      let record = try store.record(of: question)
      answers.verdicts.append(
        record.samples.map {
          CandidateVerdict(logProbability: $0.logProbability, isCutOff: $0.isCutOff)
        })
      places += record.samples.indices.map { Place(question: question, sample: $0) }
    }
    guard !places.isEmpty else {
      let first = try store.record(of: 0).failure ?? ""
      throw RejectionSamplingError.noAnswers(questionCount: questions.count, first: first)
    }
    let graded = places.filter { questions.questions[$0.question].answer != nil }
    try await score(places, sessions.vote, "counting votes") {
      answers.verdicts[$0.question][$0.sample].note(vote: $1)
    }
    try await score(graded, sessions.gold, "comparing with gold answers") {
      answers.verdicts[$0.question][$0.sample].note(grade: $1)
    }
    try await score(places, sessions.judge, "judging") {
      answers.verdicts[$0.question][$0.sample].note(score: $1)
    }
    return answers
  }

  private func score(
    _ places: [Place], _ session: JudgeSession, _ stage: String,
    note: (Place, ItemScore) -> Void
  ) async throws {
    let maker = JudgedItemMaker(questions: questions, store: store)
    let source = JudgedItemSource(count: places.count) {
      try maker.item(question: places[$0].question, sample: places[$0].sample)
    }
    observer(.progress(stage: stage, done: 0, total: places.count))
    try await session.score(source) { index, score in
      note(places[index], score)
      observer(.progress(stage: stage, done: index + 1, total: places.count))
    }
  }
}

/// The judges of a run.
struct JudgeSessions {
  /// Selects, and the certificate stands on it.
  var judge: JudgeSession
  /// Counts votes.
  var vote: JudgeSession
  /// Compares with the gold answers.
  var gold: JudgeSession

  /// The stored judges of a run.
  struct Versions {
    var judge: JudgeVersion
    var vote: JudgeVersion
    var gold: JudgeVersion

    /// Stores the judges that `request` asks for, unless they are there.
    init(_ request: RejectionSamplingRequest, client: JudgeClient) async throws {
      func stored(_ name: RejectionSamplingRequest.JudgeName) async throws -> JudgeVersion {
        try await JudgeSession.version(
          of: request.method(of: name), named: name.rawValue, client: client)
      }
      judge = try await stored(request.judge)
      vote = request.judge == .consensus ? judge : try await stored(.consensus)
      gold = request.judge == .rules ? judge : try await stored(.rules)
    }
  }

  /// Sessions on the answers with a digest.
  init(
    _ versions: Versions, client: JudgeClient, policy: Policy, answersDigest: String,
    retry: RetryPolicy
  ) throws {
    func session(_ version: JudgeVersion) throws -> JudgeSession {
      try JudgeSession(
        client: client, version: version, policy: policy, answersDigest: answersDigest,
        retry: retry)
    }
    judge = try session(versions.judge)
    vote = try session(versions.vote)
    gold = try session(versions.gold)
  }
}
