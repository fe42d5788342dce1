package import Methods

/// The summed weights of the checks that an answer passes.
///
/// Checks are asked in order, each gives a part with its reason. A required check that fails ends
/// the judging: the value is 0 then, whatever was passed before.
/// Source: G. Dong et al., Tool-Star, 2025, arXiv 2505.16410 (a reward as an ordered list of rules,
/// format first). Deviation: no negative reward, and no bonus for what is only mentioned.
/// Cost: one pass over the text a check; a pattern costs text times pattern at most.
package struct Rules: Judge {
  /// The settings.
  package struct Parameters: MethodParameters {
    /// The checks, asked in order: 1 to 64 of them.
    package var rules = [Rule(name: "exact", check: .exact(AnswerExtraction()))]

    /// Creates the defaults: the answer equals the reference.
    package init() {}

    /// The first setting that is out of its range.
    package var violation: ParameterViolation? {
      guard (1...64).contains(rules.count) else {
        return ParameterViolation(name: "rules", value: "\(rules.count)", range: "1 to 64 rules")
      }
      var names: Set<String> = []
      for rule in rules {
        if let violation = rule.violation { return violation }
        guard names.insert(rule.name).inserted else {
          return ParameterViolation(name: "name", value: rule.name, range: "different names")
        }
      }
      return nil
    }
  }

  /// What the method is.
  package static let card = MethodCard(
    id: "rules", title: "Rules",
    source: "Dong et al., Tool-Star, 2025, arXiv 2505.16410 (rewards as a list of rules)",
    needs: [.reference],
    summary: "Checks with a reason each: exact, numeric, regular expression, length.")

  /// The texts are enough.
  package static func inputs(of parameters: Parameters) -> Set<JudgeInput> { [] }

  /// The settings.
  package let parameters: Parameters
  private let checks: [PreparedCheck]

  /// Creates a judge.
  package init(
    _ parameters: Parameters = Parameters(), state: [Double] = []
  ) throws(JudgeFitError) {
    try Self.check(parameters, state: state)
    self.parameters = parameters
    var checks: [PreparedCheck] = []
    for rule in parameters.rules { checks.append(try PreparedCheck(rule.check)) }
    self.checks = checks
  }

  /// The summed weights of the checks that `answer` passes.
  package func judgement(on answer: JudgedAnswer) -> Judgement {
    guard !answer.response.allSatisfy(\.isWhitespace) else { return .unscored(.emptyAnswer) }
    var value = 0.0
    var parts: [ScorePart] = []
    for (rule, check) in zip(parameters.rules, checks) {
      switch check.outcome(for: answer) {
      case .passed(let reason):
        value += rule.weight
        parts.append(ScorePart(rule.name, rule.weight, reason: reason))
      case .failed(let reason):
        parts.append(ScorePart(rule.name, 0, reason: reason))
        if rule.isRequired { return .scored(Score(0, parts: parts)) }
      case .noReference: return .unscored(.noReference)
      case .unreadableReference: return .unscored(.unreadableReference(rule: rule.name))
      }
    }
    return .scored(Score(value, parts: parts))
  }
}

/// One check with its weight.
package struct Rule: Sendable, Equatable, Codable {
  /// What is checked.
  package enum Check: Sendable, Equatable, Codable {
    /// The answer equals the reference as text.
    case exact(AnswerExtraction)
    /// The answer's number equals the reference's up to the larger of two tolerances.
    case numeric(AnswerExtraction, absoluteTolerance: Double, relativeTolerance: Double)
    /// A regular expression is found in the response, or is not found where it is forbidden.
    case pattern(String, isForbidden: Bool)
    /// The response has this many Unicode scalars; no upper bound where `maximum` is nil.
    case length(minimum: Int, maximum: Int?)
  }

  /// Stands in the explanation; unique within a judge.
  package var name: String
  /// Added where the check passes, 0 to 1e6.
  package var weight: Double
  /// A failure ends the judging.
  package var isRequired: Bool
  /// What is checked.
  package var check: Check

  /// Creates a rule.
  package init(name: String, weight: Double = 1, isRequired: Bool = false, check: Check) {
    self.name = name
    self.weight = weight
    self.isRequired = isRequired
    self.check = check
  }

  fileprivate var violation: ParameterViolation? {
    guard (1...128).contains(name.utf8.count) else {
      return ParameterViolation(name: "name", value: name, range: "1 to 128 bytes")
    }
    guard (0...1e6).contains(weight) else {
      return ParameterViolation(name: "weight", value: "\(weight)", range: "0 to 1e6")
    }
    switch check {
    case .exact(let extraction): return extraction.violation
    case .numeric(let extraction, let absolute, let relative):
      for (name, value) in [("absolute_tolerance", absolute), ("relative_tolerance", relative)]
      where !(value >= 0 && value.isFinite) {
        return ParameterViolation(name: name, value: "\(value)", range: "0 or more")
      }
      return extraction.violation
    case .pattern(let pattern, _):
      return AnswerExtraction(pattern: pattern).violation
    case .length(let minimum, let maximum):
      guard minimum >= 0, maximum.map({ $0 >= minimum }) ?? true else {
        return ParameterViolation(
          name: "length", value: "\(minimum) to \(maximum ?? 0)", range: "a range from 0 on")
      }
      return nil
    }
  }
}

/// A check with its pattern and its reader made once.
private enum PreparedCheck: Sendable {
  case exact(AnswerReader)
  case numeric(AnswerReader, absolute: Double, relative: Double)
  case pattern(Pattern, isForbidden: Bool)
  case length(minimum: Int, maximum: Int?)

  enum Outcome {
    case passed(String)
    case failed(String)
    case noReference
    case unreadableReference
  }

  init(_ check: Rule.Check) throws(JudgeFitError) {
    switch check {
    case .exact(let extraction): self = .exact(try AnswerReader(extraction))
    case .numeric(let extraction, let absolute, let relative):
      self = .numeric(try AnswerReader(extraction), absolute: absolute, relative: relative)
    case .pattern(let source, let isForbidden):
      do throws(PatternError) {
        self = .pattern(try Pattern(source), isForbidden: isForbidden)
      } catch {
        throw .pattern(error)
      }
    case .length(let minimum, let maximum): self = .length(minimum: minimum, maximum: maximum)
    }
  }

  func outcome(for answer: JudgedAnswer) -> Outcome {
    switch self {
    case .exact(let reader):
      guard let reference = answer.reference else { return .noReference }
      guard let expected = reader.referenceAnswer(in: reference) else {
        return .unreadableReference
      }
      guard let found = reader.answer(in: answer.response) else {
        return .failed("no answer can be read")
      }
      return found == expected
        ? .passed("`\(found.text)` is the reference")
        : .failed("`\(found.text)` is not `\(expected.text)`")
    case .numeric(let reader, let absolute, let relative):
      guard let reference = answer.reference else { return .noReference }
      guard let expected = reader.referenceNumber(in: reference) else {
        return .unreadableReference
      }
      guard let found = reader.number(in: answer.response) else {
        return .failed("no number can be read")
      }
      let tolerance = max(absolute, relative * abs(expected.value))
      return abs(found.value - expected.value) <= tolerance
        ? .passed("\(found.text) equals \(expected.text)")
        : .failed("\(found.text) is not \(expected.text)")
    case .pattern(let pattern, let isForbidden):
      let isFound = pattern.firstMatch(in: answer.response) != nil
      let reason = isFound ? "the pattern is found" : "the pattern is not found"
      return isFound != isForbidden ? .passed(reason) : .failed(reason)
    case .length(let minimum, let maximum):
      let count = answer.response.unicodeScalars.count
      let isInside = count >= minimum && maximum.map { count <= $0 } ?? true
      return isInside ? .passed("\(count) characters") : .failed("\(count) characters")
    }
  }
}
