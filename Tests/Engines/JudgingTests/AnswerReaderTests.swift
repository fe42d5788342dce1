import Testing

@testable import Judging

@Suite struct AnswerReaderTests {
  @Test(arguments: [
    ("\"Paris.\"", "paris"), ("  New \n York!! ", "new york"), ("**Yes**", "yes"), ("...", ""),
    ("U.S.A.", "u.s.a"), ("`x`", "x"), ("Ünïcode", "ünïcode"), ("$5", "$5"),
  ])
  func `text is normalised`(text: String, expected: String) {
    #expect(normalizedText(text) == expected)
  }

  @Test(arguments: [
    ("1,234.50 and -7", ["1234.5", "-7"]), ("5-3=2", ["5", "3", "2"]), ("007", ["7"]),
    ("-0", ["0"]), ("3e2 1E-3", ["3e2", "1e-3"]), ("12.", ["12"]), (".5", ["5"]),
    ("1,2345", ["1", "2345"]), ("12,345,678", ["12345678"]), ("1234,567", ["1234", "567"]),
    ("\u{2212}4", ["-4"]), ("f(2)-1", ["2", "1"]), ("x2", ["2"]), ("1e999", []), ("", []),
    ("1.2.3", ["1.2", "3"]), ("$1,000", ["1000"]), ("0.10", ["0.1"]), ("٣", []),
  ])
  func `numbers are found and brought into one form`(text: String, expected: [String]) {
    #expect(decimalNumbers(in: text).map(\.text) == expected)
  }

  @Test func `each form reads its answer`() throws {
    let response = "First 3, then 4.0!"
    func answer(_ form: AnswerForm, _ pattern: String = "") throws -> String? {
      try AnswerReader(AnswerExtraction(form: form, pattern: pattern)).answer(in: response)?.text
    }
    #expect(try answer(.exact) == response)
    #expect(try answer(.firstNumber) == "3")
    #expect(try answer(.lastNumber) == "4")
    #expect(try answer(.text, "then (.*)") == "4.0")
    #expect(try answer(.exact, "then (.*)") == "4.0!")
    #expect(try answer(.text, "never (.*)") == nil)
    #expect(try answer(.text, "First|(x)") == nil)
  }

  @Test func `exact answers are compared by their bytes, others as Unicode does`() throws {
    let exact = try AnswerReader(AnswerExtraction(form: .exact))
    let text = try AnswerReader(AnswerExtraction(form: .text))
    #expect(exact.answer(in: "\u{e9}") != exact.answer(in: "e\u{301}"))
    #expect(text.answer(in: "\u{e9}") == text.answer(in: "e\u{301}"))
    #expect(exact.answer(in: "A") != exact.answer(in: "a"))
  }
}
