/// The questions of a run, each once, and what each is there for.
struct QuestionSet {
  /// What a question is there for.
  enum Role: String, Codable {
    /// The certificate stands on it; its answers are never kept.
    case calibration
    /// It is answered, and its gold answer only measures.
    case measured
    /// It is answered, and nobody knows its answer.
    case unlabelled
  }

  private(set) var questions: [Question] = []
  private(set) var roles: [Role] = []
  /// The seed of each question's samples.
  private(set) var seeds: [UInt64] = []
  /// Questions that stand in the files a second time and are asked once.
  private(set) var repeatedCount = 0
  /// SHA-256 over all questions, answers and roles.
  private(set) var digest = ""

  private var numbers: Set<TextKey> = []
  private var firstLines: [String: Int] = [:]

  /// Reads the files of `request` and divides the questions.
  init(reading request: RejectionSamplingRequest) throws(RejectionSamplingError) {
    do throws(InputError) {
      if let path = request.calibration {
        try read(path, request, as: .calibration)
      }
      try read(request.questions, request, as: nil)
    } catch {
      throw .input(error)
    }
    if request.calibration == nil { divide(request) }
    guard roles.contains(.calibration) else { throw .noGold(path: request.questions) }
    guard roles.contains(where: { $0 != .calibration }) else {
      throw .nothingLeft(path: request.questions, questionCount: questions.count)
    }
    var hash = ContentDigest()
    for (question, role) in zip(questions, roles) {
      hash.add(question.id)
      hash.add(question.input.digestText)
      hash.add(question.answer ?? "")
      hash.add(question.task ?? "")
      hash.add(role.rawValue)
    }
    digest = hash.hexadecimal
    numbers = []
    firstLines = [:]
  }

  var count: Int { questions.count }

  /// The places of the questions with a role.
  func indices(of role: Role) -> [Int] { roles.indices.filter { roles[$0] == role } }

  private mutating func read(
    _ path: String, _ request: RejectionSamplingRequest, as role: Role?
  ) throws(InputError) {
    var reader = try QuestionReader(path: path, fields: request.fields)
    while var question = try reader.next() {
      let place = InputError.Place(path: path, line: question.line)
      if role == .calibration {
        guard question.answer != nil else {
          throw .fieldMissing(place, field: request.fields.answer, present: [])
        }
        // Ids of two files must not be taken for each other.
        question.id = "calibration:" + question.id
      }
      if let first = firstLines.updateValue(question.line, forKey: question.id) {
        throw .duplicateID(place, id: question.id, firstLine: first)
      }
      let key = ContentDigest.key(of: question.input.digestText)
      guard numbers.insert(key).inserted else {
        repeatedCount += 1
        continue
      }
      questions.append(question)
      roles.append(role ?? (question.answer == nil ? .unlabelled : .measured))
      // A seed of its own for every question: equal noise would tie their answers together.
      seeds.append(key.first ^ (request.seed &* 0x9e37_79b9_7f4a_7c15))
    }
  }

  /// Takes a share of the questions with gold answers for calibration, by their digests.
  private mutating func divide(_ request: RejectionSamplingRequest) {
    let labelled = indices(of: .measured)
    let keys = labelled.map { index in
      ContentDigest.key(of: "\(request.seed) \(questions[index].input.digestText)").first
    }
    let order = labelled.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    let count = Int((request.calibrationShare * Double(labelled.count)).rounded())
    for position in order.prefix(count) { roles[labelled[position]] = .calibration }
  }
}

extension Question.Input {
  /// All that the model reads, as one text that no other input has.
  var digestText: String {
    switch self {
    case .text(let text): return "text\u{1}" + text
    case .chat(let turns, let prefix):
      let parts = turns.map { "\($0.role.rawValue)\u{1}\($0.content.utf8.count)\u{1}\($0.content)" }
      return "chat\u{1}\(turns.count)\u{1}" + parts.joined(separator: "\u{1}") + "\u{1}" + prefix
    }
  }
}
