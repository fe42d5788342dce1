import Tensors
import Testing

@testable import Judging

@Suite struct AnswerLengthTests {
  @Test(arguments: [
    ("one", 1), ("It is 4.", 4), ("  spaced   out ", 2), ("a-b", 3), ("naïve café", 2),
    ("e\u{301}tat", 1), ("snake_case x1", 2), ("你好", 1), ("!?", 2), ("🙂", 1),
  ])
  func `words and marks are counted`(text: String, count: Int) throws {
    #expect(AnswerLength.wordCount(of: text) == count)
    let judgement = try AnswerLength().judgement(on: JudgedAnswer(response: text))
    #expect(judgement.value == AnswerLength.value(of: text))
  }

  @Test func `a longer answer scores higher`() throws {
    let judge = try AnswerLength()
    let values = (1...20).compactMap { count in
      judge.judgement(on: JudgedAnswer(response: String(repeating: "word ", count: count))).value
    }
    #expect(values.count == 20 && zip(values, values.dropFirst()).allSatisfy { $0 < $1 })
    #expect(values[0] == 0)
  }

  @Test func `in tokens the encoder's count is the length`() throws {
    var parameters = AnswerLength.Parameters()
    parameters.unit = .tokens
    #expect(AnswerLength.inputs(of: parameters) == [.tokenCount])
    #expect(AnswerLength.inputs(of: AnswerLength.Parameters()).isEmpty)
    let judge = try AnswerLength(parameters)
    var answer = JudgedAnswer(response: "unbelievable", tokenCount: 4)
    #expect(abs((judge.judgement(on: answer).value ?? .nan) - 1.386_294_361) < 1e-9)
    #expect(AnswerLength.baseline(of: answer) == judge.judgement(on: answer).value)
    for count in [nil, 0] {
      answer.tokenCount = count
      #expect(judge.judgement(on: answer) == .unscored(.noTokens))
      #expect(AnswerLength.baseline(of: answer) == 0)
    }
    answer = JudgedAnswer(response: " ", tokenCount: 4)
    #expect(judge.judgement(on: answer) == .unscored(.emptyAnswer))
  }
}

@Suite struct MeanLogProbabilityTests {
  private let answer = JudgedAnswer(response: "yes", logProbabilities: [-0.5, -1.5, -1])

  @Test func `mean and sum of the log-probabilities`() throws {
    #expect(try MeanLogProbability().judgement(on: answer).value == -1)
    #expect(try SequenceLogProbability().judgement(on: answer).value == -3)
  }

  @Test func `without log-probabilities there is no score`() throws {
    for values in [nil, [Float]()] {
      let answer = JudgedAnswer(response: "yes", logProbabilities: values)
      #expect(try MeanLogProbability().judgement(on: answer) == .unscored(.noLogProbabilities))
      #expect(try SequenceLogProbability().judgement(on: answer) == .unscored(.noLogProbabilities))
    }
  }

  @Test(arguments: [Float.nan, 0.25, -.infinity, .infinity])
  func `what is no log-probability is an error`(value: Float) throws {
    let answer = JudgedAnswer(response: "yes", logProbabilities: [-1, value])
    for judge in [try MeanLogProbability() as any Judge, try SequenceLogProbability()] {
      guard case .error(.logProbability(1, _)) = judge.judgement(on: answer) else {
        Issue.record("\(judge.judgement(on: answer))")
        continue
      }
    }
    let certain = JudgedAnswer(response: "yes", logProbabilities: [0])
    #expect(try SequenceLogProbability().judgement(on: certain).value == 0)
  }
}

struct SimilarityGolden: Decodable {
  struct Case: Decodable {
    let dimensions: Int
    let candidate: [Float]
    let reference: [Float]
    let precision: Double
    let recall: Double
    let f1: Double
    let cosine: Double

    var answer: JudgedAnswer {
      func matrix(_ elements: [Float]) -> Matrix<Float> {
        Matrix(
          rowCount: elements.count / dimensions, columnCount: dimensions, elements: elements)
      }
      return JudgedAnswer(
        response: "one two", reference: "three",
        vectors: TextPair(
          response: Array(candidate.prefix(dimensions)),
          reference: Array(reference.prefix(dimensions))),
        tokenStates: TextPair(response: matrix(candidate), reference: matrix(reference)))
    }
  }
  let cases: [Case]
}

@Suite struct ReferenceSimilarityTests {
  @Test func `the cosine equals scikit-learn's`() throws {
    for sample in try golden("bert-score", as: SimilarityGolden.self).cases {
      let value = try ReferenceSimilarity().judgement(on: sample.answer).value
      #expect(abs((value ?? .nan) - sample.cosine) < 1e-6)
    }
  }

  @Test func `length changes nothing, and no vector is no score`() throws {
    let judge = try ReferenceSimilarity()
    var answer = JudgedAnswer(response: "a", reference: "b")
    #expect(judge.judgement(on: answer) == .unscored(.noReference))
    answer.vectors = TextPair(response: [3, 4], reference: [30, 40])
    #expect(judge.judgement(on: answer).value == 1)
    answer.reference = "  "
    #expect(judge.judgement(on: answer) == .unscored(.noReference))
    answer.reference = "b"
    answer.vectors = TextPair(response: [0, 0], reference: [1, 0])
    #expect(judge.judgement(on: answer) == .error(.notFinite))
    answer.vectors = TextPair(response: [1], reference: [1, 0])
    #expect(judge.judgement(on: answer) == .error(.dimensions(response: 1, reference: 2)))
  }
}

@Suite struct BERTScoreTests {
  @Test func `precision, recall and F1 equal NumPy's`() throws {
    for sample in try golden("bert-score", as: SimilarityGolden.self).cases {
      guard case .scored(let score) = try BERTScore().judgement(on: sample.answer) else {
        Issue.record("not scored")
        continue
      }
      let expected = [sample.precision, sample.recall, sample.f1]
      for (part, expected) in zip(score.parts, expected) {
        #expect(abs(part.value - expected) < 1e-6, "\(part.name)")
      }
      #expect(abs(score.value - sample.f1) < 1e-6)
    }
  }

  @Test func `the same text has F1 1, and swapping exchanges precision and recall`() throws {
    let sample = try golden("bert-score", as: SimilarityGolden.self).cases[0]
    var answer = sample.answer
    let states = try #require(answer.tokenStates)
    answer.tokenStates = TextPair(response: states.response, reference: states.response)
    let value = try BERTScore().judgement(on: answer).value
    #expect(abs((value ?? 0) - 1) < 1e-6)
    answer.tokenStates = TextPair(response: states.reference, reference: states.response)
    guard case .scored(let swapped) = try BERTScore().judgement(on: answer) else { return }
    #expect(abs(swapped.parts[0].value - sample.recall) < 1e-6)
    #expect(abs(swapped.parts[1].value - sample.precision) < 1e-6)
  }

  @Test func `the length is standardised on the fitted answers and survives its state`() throws {
    let cases = try golden("bert-score", as: SimilarityGolden.self).cases
    var answers: [JudgedAnswer] = []
    for index in 0..<12 {
      answers.append(cases[index % 3].answer)
    }
    var parameters = BERTScore.Parameters()
    parameters.lengthWeight = 2
    let judge = try BERTScore.fitted(parameters, on: answers)
    let values = answers.compactMap { judge.judgement(on: $0).value }
    #expect(abs(values.reduce(0, +)) < 1e-9)
    let restored = try BERTScore(parameters, state: judge.state)
    #expect(answers.compactMap { restored.judgement(on: $0).value } == values)
  }

  @Test func `what cannot be fitted is refused`() throws {
    var parameters = BERTScore.Parameters()
    parameters.lengthWeight = 1
    #expect(throws: JudgeFitError.tooFewAnswers(count: 0, required: 10)) {
      try BERTScore.fitted(parameters, on: [])
    }
    let answer = try golden("bert-score", as: SimilarityGolden.self).cases[0].answer
    #expect(throws: JudgeFitError.constant(feature: "F1")) {
      try BERTScore.fitted(parameters, on: [JudgedAnswer](repeating: answer, count: 10))
    }
    parameters.lengthWeight = -1
    #expect(throws: JudgeFitError.self) { try BERTScore(parameters) }
    #expect(throws: JudgeFitError.self) {
      try BERTScore(BERTScore.Parameters(), state: [0, 1, 0, 1])
    }
  }
}
