import Encoding
import ModelFiles
import Statistics
import Tensors
import TestSupport
import Testing
import Transformers

@testable import Judging

/// The pairs of people's preferences that have a reference answer, prompts of up to 400 and answers
/// of up to 450 characters.
@Suite(.enabled(if: SharedData.isAvailable, "\(SharedData.reason)"))
struct PandaLMTests {
  @Test func `length orders 67.5 % of the pairs, 68.1 % of those without a truth value`() throws {
    let pairs = try JudgedPair.all()
    #expect(Set(pairs.map(\.prompt)).count == 121)
    let judge = try AnswerLength()
    let (accuracy, interval) = try JudgedPair.accuracy(of: judge, on: pairs)
    let texts = pairs.filter { $0.preferred.response != "True" && $0.other.response != "True" }
    let ofTexts = try JudgedPair.accuracy(of: judge, on: texts).accuracy
    print("length: \(accuracy) \(interval) on \(pairs.count) pairs, \(ofTexts) on \(texts.count)")
    #expect(abs(accuracy - 0.6746) < 0.001)
    #expect(abs(ofTexts - 0.681) < 0.001)
  }

  @Test(.enabled(if: SharedModels.hasMiniLM, "\(SharedModels.reason)"))
  func `with a reference, BERTScore and length order at least 77.3 % of the pairs`() throws {
    var pairs = try JudgedPair.all()
    try JudgedPair.addStates(to: &pairs)
    var answers: [String: JudgedAnswer] = [:]
    for pair in pairs {
      for answer in [pair.preferred, pair.other] { answers[pair.prompt + answer.response] = answer }
    }
    var found: [String: Double] = [:]
    let cosine = try ReferenceSimilarity()
    found["cosine"] = try JudgedPair.accuracy(of: cosine, on: pairs).accuracy
    found["bert-score"] = try JudgedPair.accuracy(of: BERTScore(), on: pairs).accuracy
    var parameters = BERTScore.Parameters()
    parameters.lengthWeight = 1
    let judge = try BERTScore.fitted(parameters, on: Array(answers.values))
    let (accuracy, interval) = try JudgedPair.accuracy(of: judge, on: pairs)
    var inTokens = AnswerLength.Parameters()
    inTokens.unit = .tokens
    let length = try JudgedPair.accuracy(of: AnswerLength(inTokens), on: pairs).accuracy
    print("\(found), with length \(accuracy) \(interval); tokens alone \(length)")
    #expect(abs(length - 0.681) < 0.001)
    #expect(accuracy >= 0.773)
    #expect((found["bert-score"] ?? 0) > 0.74)
    #expect((found["cosine"] ?? 0) > 0.68)
  }
}

/// The answers of a pair as a judge takes them.
private struct JudgedPair {
  let prompt: String
  var preferred: JudgedAnswer
  var other: JudgedAnswer

  /// The split of the reference numbers.
  static func all() throws -> [JudgedPair] {
    try PreferencePair.pandaLM().map { pair in
      JudgedPair(
        prompt: pair.prompt,
        preferred: JudgedAnswer(response: pair.preferred, reference: pair.reference),
        other: JudgedAnswer(response: pair.other, reference: pair.reference))
    }
  }

  /// Adds what MiniLM makes of the answers and their references.
  static func addStates(to pairs: inout [JudgedPair]) throws {
    let encoder = try SentenceEncoder(
      SentenceEncoderFolder(path: SharedModels.miniLM), path: .best)
    let workspace = BERTWorkspace()
    var known: [String: EncodedTexts] = [:]
    var options = EncodingOptions()
    options.returnsTokenStates = true
    func encoded(_ text: String) throws -> EncodedTexts {
      if let found = known[text] { return found }
      let ids = try encoder.tokenize(text).ids
      let found = encoder.encode(PackedSequences([ids]), options: options, workspace: workspace)
      known[text] = found
      return found
    }
    func completed(_ answer: JudgedAnswer) throws -> JudgedAnswer {
      var answer = answer
      let response = try encoded(answer.response)
      let reference = try encoded(answer.reference ?? "")
      answer.vectors = TextPair(
        response: response.features.row(0), reference: reference.features.row(0))
      let states = [response, reference].compactMap { texts in
        texts.tokenStates.map { $0.selecting(rows: Array(1..<$0.rowCount - 1)) }
      }
      answer.tokenStates = TextPair(response: states[0], reference: states[1])
      answer.tokenCount = states[0].rowCount
      return answer
    }
    for index in pairs.indices {
      pairs[index].preferred = try completed(pairs[index].preferred)
      pairs[index].other = try completed(pairs[index].other)
    }
  }

  static func accuracy(
    of judge: some Judge, on pairs: [JudgedPair]
  ) throws -> (accuracy: Double, interval: ClosedRange<Double>) {
    let counts = pairs.map { pair -> PairCounts in
      // An answer without a score is worse than any with one.
      let scores = [pair.preferred, pair.other].map { judge.judgement(on: $0).value ?? -1e9 }
      return PairCounts(scores: scores, labels: [1, 0])
    }
    func accuracy(_ items: [Int]) -> Double? {
      items.reduce(PairCounts()) { $0 + counts[$1] }.accuracy
    }
    let bootstrap = ClusterBootstrap(clusterOfItem: pairs.map(\.prompt))
    let interval = bootstrap.interval(resampleCount: 1000, seed: 1, ofItems: accuracy)
    return (try #require(accuracy(Array(pairs.indices))), try #require(interval))
  }
}
