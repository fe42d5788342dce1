import Encoding
import Foundation
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
    let pairs = try PreferencePair.all()
    #expect(Set(pairs.map(\.prompt)).count == 121)
    let judge = try AnswerLength()
    let (accuracy, interval) = try PreferencePair.accuracy(of: judge, on: pairs)
    let texts = pairs.filter { $0.preferred.response != "True" && $0.other.response != "True" }
    let ofTexts = try PreferencePair.accuracy(of: judge, on: texts).accuracy
    print("length: \(accuracy) \(interval) on \(pairs.count) pairs, \(ofTexts) on \(texts.count)")
    #expect(abs(accuracy - 0.6746) < 0.001)
    #expect(abs(ofTexts - 0.681) < 0.001)
  }

  @Test(.enabled(if: SharedModels.hasMiniLM, "\(SharedModels.reason)"))
  func `with a reference, BERTScore and length order at least 77.3 % of the pairs`() throws {
    var pairs = try PreferencePair.all()
    try PreferencePair.addStates(to: &pairs)
    var answers: [String: JudgedAnswer] = [:]
    for pair in pairs {
      for answer in [pair.preferred, pair.other] { answers[pair.prompt + answer.response] = answer }
    }
    var found: [String: Double] = [:]
    let cosine = try ReferenceSimilarity()
    found["cosine"] = try PreferencePair.accuracy(of: cosine, on: pairs).accuracy
    found["bert-score"] = try PreferencePair.accuracy(of: BERTScore(), on: pairs).accuracy
    var parameters = BERTScore.Parameters()
    parameters.lengthWeight = 1
    let judge = try BERTScore.fitted(parameters, on: Array(answers.values))
    let (accuracy, interval) = try PreferencePair.accuracy(of: judge, on: pairs)
    let length = try PreferencePair.tokenCountAccuracy(on: pairs)
    print("\(found), with length \(accuracy) \(interval); tokens alone \(length)")
    #expect(abs(length - 0.681) < 0.001)
    #expect(accuracy >= 0.773)
    #expect((found["bert-score"] ?? 0) > 0.74)
    #expect((found["cosine"] ?? 0) > 0.68)
  }
}

/// Two answers of which people prefer one.
private struct PreferencePair {
  let prompt: String
  var preferred: JudgedAnswer
  var other: JudgedAnswer

  /// The split of the reference numbers.
  static func all() throws -> [PreferencePair] {
    var references: [String: String] = [:]
    for task in try rows("data/self_instruct/user_oriented_eval.jsonl.gz") {
      let instruction = task["instruction"] as? String ?? ""
      for instance in task["instances"] as? [[String: Any]] ?? [] {
        let key = key(instruction, instance["input"] as? String ?? "")
        if references[key] == nil { references[key] = instance["output"] as? String }
      }
    }
    return try rows("data/preference_pairs/pandalm_human.jsonl.gz").compactMap { row in
      let (instruction, input) = (row["instruction"] as? String, row["input"] as? String)
      guard let instruction, let input, let first = text(row["response_a"]),
        let second = text(row["response_b"]), let label = row["label"] as? String,
        label != "tie", let reference = references[key(instruction, input)],
        instruction.unicodeScalars.count + input.unicodeScalars.count <= 400,
        first.unicodeScalars.count <= 450, second.unicodeScalars.count <= 450
      else { return nil }
      let answers = [first, second].map { JudgedAnswer(response: $0, reference: reference) }
      let winner = label == "a" ? 0 : 1
      return PreferencePair(
        prompt: key(instruction, input), preferred: answers[winner], other: answers[1 - winner])
    }
  }

  /// Adds what MiniLM makes of the answers and their references.
  static func addStates(to pairs: inout [PreferencePair]) throws {
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
      return answer
    }
    for index in pairs.indices {
      pairs[index].preferred = try completed(pairs[index].preferred)
      pairs[index].other = try completed(pairs[index].other)
    }
  }

  static func accuracy(
    of judge: some Judge, on pairs: [PreferencePair]
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

  /// The answers that are the word `True` became truth values on their way; empty ones are left
  /// out.
  private static func text(_ value: Any?) -> String? {
    let text = value as? String ?? (value as? Bool).map { $0 ? "True" : "False" }
    return text.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
  }

  /// The share of pairs of which the answer with more tokens is preferred.
  static func tokenCountAccuracy(on pairs: [PreferencePair]) throws -> Double {
    let counts = pairs.map { pair in
      PairCounts(
        scores: [pair.preferred, pair.other].map { Double($0.tokenStates?.response.rowCount ?? 0) },
        labels: [1, 0])
    }
    return try #require(counts.reduce(PairCounts()) { $0 + $1 }.accuracy)
  }

  private static func key(_ instruction: String, _ input: String) -> String {
    func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
    return trimmed(instruction) + "\n" + trimmed(input)
  }

  private static func rows(_ path: String) throws -> [[String: Any]] {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/bin/gzip")
    process.arguments = ["-dc", SharedData.path(path)]
    process.standardOutput = pipe
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try bytes.split(separator: UInt8(ascii: "\n")).map { line in
      try #require(JSONSerialization.jsonObject(with: line) as? [String: Any])
    }
  }
}
