internal import Judging
internal import Methods
internal import Messages

extension JudgeMethod {
  /// The method's id on the command line.
  var id: String {
    switch parameters {
    case .length: AnswerLength.card.id
    case .meanLogProbability: MeanLogProbability.card.id
    case .sequenceLogProbability: SequenceLogProbability.card.id
    case .referenceSimilarity: ReferenceSimilarity.card.id
    case .bertScore: BERTScore.card.id
    case .consensus: Consensus.card.id
    case .rules: Rules.card.id
    case .selfEvaluation: "self-evaluation"
    case .learnedHead: "learned-head"
    case .weightedSum: "weighted-sum"
    case nil: ""
    }
  }

  /// The name of the encoder model or the language model that the method asks; empty: the default.
  var modelName: String {
    get {
      switch parameters {
      case .meanLogProbability(let value): value.model
      case .sequenceLogProbability(let value): value.model
      case .referenceSimilarity(let value): value.encoderModel
      case .bertScore(let value): value.encoderModel
      case .length(let value): value.encoderModel
      default: ""
      }
    }
    set {
      switch parameters {
      case .meanLogProbability(var value):
        value.model = newValue
        parameters = .meanLogProbability(value)
      case .sequenceLogProbability(var value):
        value.model = newValue
        parameters = .sequenceLogProbability(value)
      case .referenceSimilarity(var value):
        value.encoderModel = newValue
        parameters = .referenceSimilarity(value)
      case .bertScore(var value):
        value.encoderModel = newValue
        parameters = .bertScore(value)
      case .length(var value):
        value.encoderModel = newValue
        parameters = .length(value)
      default: break
      }
    }
  }

  /// What answers have to bring for the method.
  func inputs() throws(JudgeServiceError) -> Set<JudgeInput> {
    try withEngine { type, settings in type.inputs(for: settings) }
  }

  /// Whether the method learns from the answers that it is fitted on.
  var learns: Bool {
    guard case .bertScore(let value) = parameters else { return false }
    return value.lengthWeight > 0
  }

  /// The judge that the method makes of answers.
  func fitted(on answers: [JudgedAnswer]) throws(JudgeServiceError) -> any Judge {
    try withEngine { type, settings throws(JudgeFitError) in
      try type.judge(settings, on: answers)
    }
  }

  /// The judge of a stored state.
  func engine(state: [Double]) throws(JudgeServiceError) -> any Judge {
    try withEngine { type, settings throws(JudgeFitError) in
      try type.judge(settings, state: state)
    }
  }

  private func withEngine<Result>(
    _ body: (any Judge.Type, any Sendable) throws(JudgeFitError) -> Result
  ) throws(JudgeServiceError) -> Result {
    let type: any Judge.Type
    var settings: any Sendable
    switch parameters {
    case .length(let message):
      var parameters = AnswerLength.Parameters()
      parameters.unit = message.unit == .tokens ? .tokens : .words
      (type, settings) = (AnswerLength.self, parameters)
    case .meanLogProbability:
      (type, settings) = (MeanLogProbability.self, MeanLogProbability.Parameters())
    case .sequenceLogProbability:
      (type, settings) = (SequenceLogProbability.self, SequenceLogProbability.Parameters())
    case .referenceSimilarity:
      (type, settings) = (ReferenceSimilarity.self, ReferenceSimilarity.Parameters())
    case .bertScore(let message):
      var parameters = BERTScore.Parameters()
      parameters.lengthWeight = message.lengthWeight
      (type, settings) = (BERTScore.self, parameters)
    case .consensus(let message):
      var parameters = Consensus.Parameters()
      parameters.extraction = AnswerExtraction(message.extraction)
      (type, settings) = (Consensus.self, parameters)
    case .rules(let message):
      var parameters = Rules.Parameters()
      var rules: [Judging.Rule] = []
      for rule in message.rules { rules.append(try Judging.Rule(rule)) }
      parameters.rules = rules
      (type, settings) = (Rules.self, parameters)
    case .selfEvaluation, .learnedHead, .weightedSum: throw .methodNotThere(id)
    case nil: throw .noMethod
    }
    do throws(JudgeFitError) {
      return try body(type, settings)
    } catch {
      throw .fit(error)
    }
  }
}

extension Set<JudgeInput> {
  /// Whether an encoder has to be asked.
  var askEncoder: Bool { !isDisjoint(with: [.tokenCount, .vectors, .tokenStates]) }
}

extension Judge {
  /// What answers have to bring; `settings` are of the method's own type.
  fileprivate static func inputs(for settings: any Sendable) -> Set<JudgeInput> {
    guard let parameters = settings as? Parameters else { preconditionFailure("\(settings)") }
    return inputs(of: parameters)
  }

  /// Fits a judge on answers; `settings` are of the method's own type.
  fileprivate static func judge(
    _ settings: any Sendable, on answers: [JudgedAnswer]
  ) throws(JudgeFitError) -> any Judge {
    guard let parameters = settings as? Parameters else { preconditionFailure("\(settings)") }
    return try fitted(parameters, on: answers)
  }

  /// Restores a judge; `settings` are of the method's own type.
  fileprivate static func judge(
    _ settings: any Sendable, state: [Double]
  ) throws(JudgeFitError) -> any Judge {
    guard let parameters = settings as? Parameters else { preconditionFailure("\(settings)") }
    return try Self(parameters, state: state)
  }
}

extension Judging.AnswerExtraction {
  fileprivate init(_ message: Messages.AnswerExtraction?) {
    let form: Judging.AnswerForm =
      switch message?.form {
      case .exact: .exact
      case .firstNumber: .firstNumber
      case .lastNumber: .lastNumber
      case .unspecified, .text, nil: .text
      }
    self.init(form: form, pattern: message?.pattern ?? "")
  }
}

extension Judging.Rule {
  fileprivate init(_ message: Messages.Rule) throws(JudgeServiceError) {
    let check: Check
    switch message.check {
    case .exact(let exact): check = .exact(AnswerExtraction(exact.extraction))
    case .numeric(let numeric):
      check = .numeric(
        AnswerExtraction(numeric.extraction), absoluteTolerance: numeric.absoluteTolerance,
        relativeTolerance: numeric.relativeTolerance)
    case .pattern(let pattern):
      check = .pattern(pattern.pattern, isForbidden: pattern.forbidden)
    case .length(let length):
      check = .length(
        minimum: Int(length.minimum), maximum: length.maximum == 0 ? nil : Int(length.maximum))
    case nil:
      throw .outOfRange(
        name: "check", value: "missing", range: "the checks of the rule `\(message.name)`")
    }
    self.init(
      name: message.name, weight: message.weight == 0 ? 1 : message.weight,
      isRequired: message.required, check: check)
  }
}
