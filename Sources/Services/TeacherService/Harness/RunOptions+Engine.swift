internal import Messages
internal import Methods
internal import PseudoLabeling

extension RunOptions {
  /// The strategy that the options name, with its parameters checked, and its id.
  func engineStrategy() throws(TeacherServiceError) -> (id: String, PseudoLabeling.Strategy) {
    let head = try (head ?? HeadOptions()).engineHead()
    switch strategy?.parameters {
    case .balancedQuotas(let message):
      return try composed(BalancedQuotas.self, BalancedQuotas.Parameters(message), head)
    case .hast(let message): return try composed(HAST.self, HAST.Parameters(message), head)
    case .fixedThreshold(let message):
      return try composed(FixedThreshold.self, FixedThreshold.Parameters(message), head)
    case .supervised: return try composed(Supervised.self, Supervised.Parameters(), head)
    case nil: return try composed(BalancedQuotas.self, BalancedQuotas.Parameters(), head)
    }
  }

  private func composed<Method: SelfTrainingMethod>(
    _ method: Method.Type, _ parameters: Method.Parameters, _ head: LogisticHead
  ) throws(TeacherServiceError) -> (id: String, PseudoLabeling.Strategy) {
    if let violation = parameters.violation {
      throw .outOfRange(name: violation.name, value: violation.value, range: violation.range)
    }
    return (method.card.id, method.strategy(parameters, head: head))
  }

  /// The settings beside the strategy.
  func engineOptions(classCount: Int) throws(TeacherServiceError) -> SelfTrainingOptions {
    if !classPrior.isEmpty {
      guard classPrior.count == classCount else {
        throw .countsDiffer(
          what: "shares of class_prior", count: classPrior.count, rowCount: classCount)
      }
      for share in classPrior where !(share > 0 && share.isFinite) {
        throw .outOfRange(name: "class_prior", value: "\(share)", range: "positive numbers")
      }
    }
    return SelfTrainingOptions(
      classPrior: classPrior.isEmpty ? nil : classPrior, quarantine: policy,
      skipsCalibration: head?.skipCalibration ?? false, seed: seed)
  }

  private var policy: PseudoLabeling.Quarantine.Policy {
    switch quarantine {
    case .unspecified, .automatic: .automatic
    case .always: .always
    case .never: .never
    }
  }
}

extension HeadOptions {
  /// The head's settings, zero meaning the default.
  func engineHead() throws(TeacherServiceError) -> LogisticHead {
    let penalty = c == 0 ? 10 : c
    guard penalty > 0, penalty <= 1e9 else {
      throw .outOfRange(name: "c", value: "\(c)", range: "above 0, at most 1e9")
    }
    let iterations = iterationsMax == 0 ? 500 : Int(iterationsMax)
    guard iterations <= 100_000 else {
      throw .outOfRange(name: "iterations_max", value: "\(iterations)", range: "1...100000")
    }
    return LogisticHead(
      inversePenalty: penalty, iterationCountMax: iterations, warmIterationCountMax: iterations)
  }
}

extension BalancedQuotas.Parameters {
  fileprivate init(_ message: BalancedQuotasParameters) {
    self.init()
    if message.roundCount != 0 { roundCount = Int(message.roundCount) }
    if message.firstQuota != 0 { firstQuota = message.firstQuota }
    if message.lastQuota != 0 { lastQuota = message.lastQuota }
    if message.neighborCount != 0 { neighborCount = Int(message.neighborCount) }
    if message.agreementMin != 0 { agreementMin = message.agreementMin }
    if message.labelWeight != 0 { labelWeight = message.labelWeight }
    if message.momentum != 0 { momentum = message.momentum }
    softTargets = message.softTargets
  }
}

extension HAST.Parameters {
  fileprivate init(_ message: HASTParameters) {
    self.init()
    if message.neighborCount != 0 { neighborCount = Int(message.neighborCount) }
    if message.confidenceMin != 0 { confidenceMin = message.confidenceMin }
    if message.agreementMin != 0 { agreementMin = message.agreementMin }
    if message.pseudoLabelWeight != 0 { pseudoLabelWeight = message.pseudoLabelWeight }
    if message.sampleCountMax != 0 { sampleCountMax = Int(message.sampleCountMax) }
  }
}

extension FixedThreshold.Parameters {
  fileprivate init(_ message: FixedThresholdParameters) {
    self.init()
    if message.confidenceMin != 0 { confidenceMin = message.confidenceMin }
    if message.roundCount != 0 { roundCount = Int(message.roundCount) }
  }
}
