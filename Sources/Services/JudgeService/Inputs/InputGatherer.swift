internal import AutodidactClient
internal import Digests
internal import Judging
internal import Messages
internal import TTRPC
internal import Tensors

/// An item's answer as the engine takes it, or why it cannot be judged.
enum GatheredAnswer: Sendable {
  case ready(JudgedAnswer)
  case failed(JudgingFailure)
}

/// Which models a judge asks.
struct InputSource: Sendable {
  let method: JudgeMethod
  let encoderDigest: String
  let languageDigest: String
}

/// Brings answers together with what their judge needs of encoder and language model.
struct InputGatherer: Sendable {
  let asker: ModelAsker
  /// Calls under way at once.
  let concurrentCallCount: Int

  // The texts of one request: token states of two long texts fill most of a message.
  private static let textsPerCall = 32
  private static let textsPerCallWithStates = 2
  private static let continuationsPerCall = 32

  /// The answers of `items` in their order.
  ///
  /// Throws where a daemon does not answer or uses another model than the judge was fitted with.
  func answers(of items: [JudgedItem], for judge: InputSource) async throws -> [GatheredAnswer] {
    let inputs = try judge.method.inputs()
    var answers = items.map { GatheredAnswer.ready(JudgedAnswer($0)) }
    if inputs.contains(.logProbabilities) {
      try await addLogProbabilities(to: &answers, of: items, judge: judge)
    }
    if inputs.askEncoder { try await addTexts(to: &answers, judge: judge, inputs: inputs) }
    return answers
  }

  // MARK: Encoder

  private func addTexts(
    to answers: inout [GatheredAnswer], judge: InputSource, inputs: Set<JudgeInput>
  ) async throws {
    var texts: [String] = []
    var known: Set<String> = []
    for case .ready(let answer) in answers {
      for text in answer.encodedTexts(for: inputs) where known.insert(text).inserted {
        texts.append(text)
      }
    }
    let states = inputs.contains(.tokenStates)
    let encoded = try await encoded(texts, judge: judge, states: states)
    for index in answers.indices {
      guard case .ready(var answer) = answers[index] else { continue }
      let found = answer.encodedTexts(for: inputs).compactMap { encoded[$0] }
      guard let first = found.first else { continue }
      answer.tokenCount = first.tokenCount
      if found.count == 2, states {
        answer.tokenStates = TextPair(response: first.states, reference: found[1].states)
      } else if found.count == 2 {
        answer.vectors = TextPair(response: first.vector, reference: found[1].vector)
      }
      answers[index] = .ready(answer)
    }
  }

  private func encoded(
    _ texts: [String], judge: InputSource, states: Bool
  ) async throws -> [String: EncodedText] {
    let size = states ? Self.textsPerCallWithStates : Self.textsPerCall
    let batches = stride(from: 0, to: texts.count, by: size).map {
      Array(texts[$0..<min($0 + size, texts.count)])
    }
    let responses = try await concurrently(batches) { batch in
      try await asker.encode(batch, model: judge.method.modelName, states: states)
    }
    var found: [String: EncodedText] = [:]
    for (batch, response) in zip(batches, responses) {
      guard response.modelDigest == judge.encoderDigest else {
        throw JudgeServiceError.otherModel(
          daemon: "encoder", expected: judge.encoderDigest, actual: response.modelDigest)
      }
      for (text, encoded) in zip(batch, try EncodedText.all(response, count: batch.count)) {
        found[text] = encoded
      }
    }
    return found
  }

  // MARK: Language model

  private func addLogProbabilities(
    to answers: inout [GatheredAnswer], of items: [JudgedItem], judge: InputSource
  ) async throws {
    let missing = items.indices.filter { index in
      guard case .ready(let answer) = answers[index] else { return false }
      return answer.logProbabilities == nil && !answer.response.allSatisfy(\.isWhitespace)
    }
    guard !missing.isEmpty else { return }
    guard !judge.languageDigest.isEmpty else {
      throw JudgeServiceError.upstream(
        daemon: "inference", code: .failedPrecondition,
        message: "it did not answer when the judge was fitted, and the item "
          + "`\(items[missing[0]].itemID)` brings no log-probabilities: start it and fit again")
    }
    let groups = try grouped(missing, by: items)
    let found = try await concurrently(groups) { group in
      try await logProbabilities(of: group, items, judge: judge)
    }
    for (group, values) in zip(groups, found) {
      for (index, value) in zip(group, values) {
        guard case .ready(var answer) = answers[index] else { continue }
        switch value {
        case .success(let values):
          answer.logProbabilities = values
          answers[index] = .ready(answer)
        case .failure(let refusal): answers[index] = .failed(.input(refusal.message))
        }
      }
    }
  }

  /// Items with the same prompt beside each other: they share its work.
  private func grouped(_ indices: [Int], by items: [JudgedItem]) throws -> [[Int]] {
    var places: [[UInt8]: Int] = [:]
    var groups: [[Int]] = []
    for index in indices {
      let key = try (items[index].prompt ?? Prompt()).encoded()
      if let place = places[key], groups[place].count < Self.continuationsPerCall {
        groups[place].append(index)
      } else {
        places[key] = groups.count
        groups.append([index])
      }
    }
    return groups
  }

  private func logProbabilities(
    of group: [Int], _ items: [JudgedItem], judge: InputSource
  ) async throws -> [Result<[Float], Refusal>] {
    let prompt = items[group[0]].prompt ?? Prompt(input: .text(""))
    let response: ScoreContinuationsResponse
    do {
      response = try await asker.score(
        group.map { items[$0].response }, after: prompt, model: judge.method.modelName)
    } catch JudgeServiceError.upstream(_, let code, let message)
      where code == .invalidArgument || code == .outOfRange
    {
      // One answer that is refused must not take the others of its prompt with it.
      guard group.count > 1 else { return [.failure(Refusal(message: message))] }
      var found: [Result<[Float], Refusal>] = []
      for index in group {
        found += try await logProbabilities(of: [index], items, judge: judge)
      }
      return found
    }
    guard response.modelDigest == judge.languageDigest else {
      throw JudgeServiceError.otherModel(
        daemon: "inference", expected: judge.languageDigest, actual: response.modelDigest)
    }
    guard response.scores.count == group.count else {
      throw JudgeServiceError.malformedAnswer(
        daemon: "inference", reason: "\(response.scores.count) scores for \(group.count) texts")
    }
    return response.scores.map { .success($0.tokenLogProbabilities) }
  }

  private struct Refusal: Error {
    let message: String
  }

  // MARK: Calls

  /// Runs `body` on all inputs, a few at a time, and returns the results in their order.
  private func concurrently<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ body: @Sendable @escaping (Input) async throws -> Output
  ) async throws -> [Output] {
    try await withThrowingTaskGroup(of: (Int, Output).self) { group in
      var results = [Output?](repeating: nil, count: inputs.count)
      var next = 0
      func startNext() {
        guard next < inputs.count else { return }
        let (index, input) = (next, inputs[next])
        group.addTask { (index, try await body(input)) }
        next += 1
      }
      for _ in 0..<concurrentCallCount { startNext() }
      while let (index, output) = try await group.next() {
        results[index] = output
        startNext()
      }
      return results.compactMap { $0 }
    }
  }
}

/// What the encoder makes of one text.
private struct EncodedText {
  let vector: [Float]
  /// Without start and end pieces.
  let tokenCount: Int
  /// The states of these tokens, where they were asked for.
  let states: Matrix<Float>

  static func all(_ response: EncodeResponse, count: Int) throws -> [EncodedText] {
    guard let features = response.features else {
      throw JudgeServiceError.malformedAnswer(daemon: "encoder", reason: "without features")
    }
    let shape = try features.checkedMatrixShape()
    guard shape.rowCount == count, response.tokenCounts.count == count else {
      throw JudgeServiceError.malformedAnswer(
        daemon: "encoder", reason: "\(shape.rowCount) vectors for \(count) texts")
    }
    let vectors = try features.floats()
    let states = try response.tokenStates?.floats() ?? []
    let width = shape.columnCount
    let tokenCount = response.tokenCounts.reduce(0) { $0 + Int($1) }
    guard states.isEmpty || states.count == tokenCount * width else {
      throw JudgeServiceError.malformedAnswer(
        daemon: "encoder", reason: "token states that are not as many as its tokens")
    }
    var start = 0
    return (0..<count).map { index in
      let tokens = Int(response.tokenCounts[index])
      defer { start += tokens * width }
      let tokenCount = max(tokens - 2, 0)
      let inner = states.isEmpty ? 0 : tokenCount
      let elements = Array(states.dropFirst(start + width).prefix(inner * width))
      return EncodedText(
        vector: Array(vectors[index * width..<(index + 1) * width]), tokenCount: tokenCount,
        states: Matrix(rowCount: inner, columnCount: width, elements: elements))
    }
  }
}

extension JudgedAnswer {
  /// The answer of an item with what the item brings.
  init(_ item: JudgedItem) {
    self.init(
      response: item.response, reference: item.reference, otherSamples: item.otherSamples,
      logProbabilities: item.tokenLogProbabilities.isEmpty ? nil : item.tokenLogProbabilities)
  }

  /// What the encoder has to see of an answer: the answer, and the reference it is compared with.
  ///
  /// Nothing where one of them holds no text.
  fileprivate func encodedTexts(for inputs: Set<JudgeInput>) -> [String] {
    guard !response.allSatisfy(\.isWhitespace) else { return [] }
    if inputs == [.tokenCount] { return [response] }
    guard let reference, !reference.allSatisfy(\.isWhitespace) else { return [] }
    return [response, reference]
  }
}
