import Testing

@testable import Judging

@Suite struct RulesTests {
  private func judge(_ rules: [Rule]) throws -> Rules {
    var parameters = Rules.Parameters()
    parameters.rules = rules
    return try Rules(parameters)
  }

  private func numeric(
    _ form: AnswerForm = .lastNumber, absolute: Double = 0, relative: Double = 0
  ) -> Rule.Check {
    .numeric(
      AnswerExtraction(form: form), absoluteTolerance: absolute, relativeTolerance: relative)
  }

  @Test func `weights of passed checks are summed, each with a reason`() throws {
    let judge = try judge([
      Rule(name: "format", check: .pattern("^Answer:", isForbidden: false)),
      Rule(name: "number", weight: 3, check: numeric()),
      Rule(name: "short", weight: 0.5, check: .length(minimum: 1, maximum: 5)),
    ])
    let answer = JudgedAnswer(response: "Answer: 1,204.50", reference: "1204.5")
    guard case .scored(let score) = judge.judgement(on: answer) else {
      Issue.record("not scored")
      return
    }
    #expect(score.value == 4)
    #expect(score.parts.map(\.value) == [1, 3, 0])
    #expect(score.parts[2].reason == "16 characters")
  }

  @Test func `a required check that fails ends the judging`() throws {
    let judge = try judge([
      Rule(name: "number", weight: 3, check: numeric()),
      Rule(name: "polite", isRequired: true, check: .pattern("damn", isForbidden: true)),
      Rule(name: "never asked", check: .length(minimum: 0, maximum: nil)),
    ])
    let answer = JudgedAnswer(response: "damn 4", reference: "4")
    guard case .scored(let score) = judge.judgement(on: answer) else { return }
    #expect(score.value == 0)
    #expect(score.parts.map(\.name) == ["number", "polite"])
  }

  @Test(arguments: [
    ("It is 41.9", 0.2, 0.0, true), ("It is 41.7", 0.2, 0, false), ("41", 0, 0.03, true),
    ("43.5", 0, 0.03, false), ("no number", 100, 100, false),
  ])
  func `numbers are equal up to the larger tolerance`(
    response: String, absolute: Double, relative: Double, passes: Bool
  ) throws {
    let judge = try judge([
      Rule(name: "number", check: numeric(absolute: absolute, relative: relative))
    ])
    let answer = JudgedAnswer(response: response, reference: "42")
    #expect(judge.judgement(on: answer).value == (passes ? 1 : 0))
  }

  @Test func `the answer is taken by a pattern, the reference as it is`() throws {
    let extraction = AnswerExtraction(form: .text, pattern: "(?i)answer is (.*)")
    let judge = try judge([Rule(name: "exact", check: .exact(extraction))])
    func value(_ response: String) -> Double? {
      judge.judgement(on: JudgedAnswer(response: response, reference: "went")).value
    }
    #expect(value("The answer is Went.") == 1)
    #expect(value("went") == 0)
    #expect(value("the answer is gone") == 0)
  }

  @Test func `no reference and an unreadable one are no score`() throws {
    let judge = try judge([Rule(name: "number", check: numeric())])
    #expect(judge.judgement(on: JudgedAnswer(response: "4")) == .unscored(.noReference))
    #expect(
      judge.judgement(on: JudgedAnswer(response: "4", reference: "four"))
        == .unscored(.unreadableReference(rule: "number")))
  }

  @Test func `settings out of range are refused`() {
    let fine = Rule(name: "a", check: .length(minimum: 0, maximum: nil))
    var wrong: [[Rule]] = [[], [fine, fine], [Rule](repeating: fine, count: 65)]
    wrong.append([Rule(name: "", check: fine.check)])
    wrong.append([Rule(name: "a", weight: -1, check: fine.check)])
    wrong.append([Rule(name: "a", weight: .nan, check: fine.check)])
    wrong.append([Rule(name: "a", check: numeric(absolute: -1))])
    wrong.append([Rule(name: "a", check: numeric(relative: .infinity))])
    wrong.append([Rule(name: "a", check: .length(minimum: 3, maximum: 2))])
    wrong.append([Rule(name: "a", check: .pattern("[", isForbidden: false))])
    for rules in wrong {
      #expect(throws: JudgeFitError.self) { try judge(rules) }
    }
  }
}
