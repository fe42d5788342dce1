import Testing

@testable import Pipelines

@Suite struct NumberTextTests {
  @Test(arguments: [
    (0.0, 2, "0.00"), (1.005, 1, "1.0"), (-0.04, 1, "0.0"), (-2.55, 0, "−3"),
    (12.3456, 3, "12.346"),
    (0.999, 2, "1.00"), (.nan, 2, "–"), (.infinity, 1, "–"), (7, 0, "7"),
  ])
  func `numbers are rounded to their decimals`(value: Double, places: Int, text: String) {
    #expect(value.fixed(places) == text)
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "−1,234,567")])
  func `thousands are grouped`(value: Int, text: String) {
    #expect(value.grouped == text)
  }

  @Test func `differences carry their sign`() {
    #expect(0.047.points == "+4.7")
    #expect((-0.0121).points == "−1.2")
    #expect(0.0001.points == "0.0")
  }

  @Test func `nouns follow their numbers`() {
    #expect(1.counted("text") == "1 text")
    #expect(1200.counted("class", "classes") == "1,200 classes")
    #expect(1.counted("text", one: "is", many: "are") == "1 text is")
    #expect(1200.counted("text", one: "is", many: "are") == "1,200 texts are")
  }

  @Test(arguments: [
    (1, "q.jsonl: 1 question calibrates, and none is left"),
    (2, "q.jsonl: 2 questions calibrate, and none is left"),
  ])
  func `a verb agrees with its number`(count: Int, start: String) {
    let error = RejectionSamplingError.nothingLeft(path: "q.jsonl", questionCount: count)
    #expect(error.description.hasPrefix(start), "\(error)")
  }
}
