private import Decoding
private import Foundation
private import ModelFiles
private import Tensors
private import Transformers

/// Times decoding with and without guesses, prompt by prompt, for `ops/bench-speculation`.
///
/// `SpeculationBenchmark MODEL.gguf [THREADS] [TOKENS] [ROUNDS]`: every round generates each answer
/// without guesses, with automatic ones and with lookup, in turn; ratios are medians of the rounds'
/// ratios. The answers must be the same tokens. As times of a busy machine say little, the ratio is
/// printed as well that the measured costs give for the runs of the model.
@main struct SpeculationBenchmark {
  private static let modes: [(name: String, mode: SpeculationMode)] = [
    ("off", .off), ("auto", .automatic(Automatic.Parameters())),
    ("lookup", .lookup(Lookup.Parameters())),
  ]

  private let generator: Generator
  private let model: CountedModel
  private let costs: StepCostTable
  private let tokensMax: Int

  private struct Answer {
    var tokens: [Int32] = []
    var seconds = 0.0
    /// The runs of the model that it took, but for those that read the prompt.
    var runs: [StepCostTable.Entry] = []
    var statistics: WorkStatistics?
  }

  static func main() throws {
    let words = CommandLine.arguments.dropFirst()
    guard let path = words.first else {
      throw UsageError(
        message: "usage: SpeculationBenchmark MODEL.gguf [THREADS] [TOKENS] [ROUNDS]")
    }
    let numbers = words.dropFirst().map { Int($0) ?? 1 }
    let threadCount = numbers.first ?? 2
    let file = try GGUFFile(path: path)
    let tokenizer = try BPETokenizer(file.metadata)
    guard let template = ChatTemplate(file.metadata, tokenizer: tokenizer) else {
      throw UsageError(message: "\(path) has no ChatML template")
    }
    let model = try LlamaModel(
      file, path: .best, threadCount: threadCount, positionCountMax: 8192)
    let costs = try StepCostTable.measured(model, clock: now)
    print("\(model.path.rawValue), \(threadCount) threads; tokens at once ÷ 1:", terminator: "")
    for entry in costs.entries {
      print(
        " \(entry.tokenCount): \(ratio(entry.seconds, costs.entries[0].seconds))", terminator: "")
    }
    print("\n")
    let benchmark = SpeculationBenchmark(
      model: model, tokenizer: tokenizer, costs: costs,
      tokensMax: numbers.dropFirst().first ?? 128)
    try benchmark.run(
      template, tokenizer, roundCount: numbers.dropFirst(2).first ?? 5)
  }

  private init(
    model: LlamaModel, tokenizer: BPETokenizer, costs: StepCostTable, tokensMax: Int
  ) {
    self.tokensMax = tokensMax
    self.costs = costs
    self.model = CountedModel(model, clock: Self.now)
    generator = Generator(
      model: self.model,
      table: TokenTable(
        endTokens: tokenizer.endTokenIDs, startToken: tokenizer.emptyPromptTokenID,
        bytes: { tokenizer.bytes(of: $0) }),
      costs: costs, clock: Self.now)
  }

  private func run(
    _ template: ChatTemplate, _ tokenizer: BPETokenizer, roundCount: Int
  ) throws {
    print(
      "prompt             work         tokens  off tok/s  auto ÷ off     by cost  lookup ÷ off"
        + "  tokens/step  accepted")
    fflush(nil)
    var lowest = Double.infinity
    var lowestByCost = Double.infinity
    var copyRatios: [Double] = []
    var all: [[Answer]] = []
    for prompt in BenchmarkPrompt.all {
      let tokens = template.encode(
        [ChatTurn(role: .user, content: prompt.text)], answerPrefix: "", tokenizer: tokenizer,
        recognizingSpecialTokens: false)
      var rounds: [[Answer]] = []
      for _ in 0..<roundCount {
        rounds.append(try Self.modes.map { try answer(tokens, $0.mode) })
      }
      guard rounds.joined().allSatisfy({ $0.tokens == rounds[0][0].tokens }) else {
        throw UsageError(message: "\(prompt.name): answers differ with guesses")
      }
      all += rounds
      let auto = Self.median(rounds.map { $0[0].seconds / $0[1].seconds })
      lowest = min(lowest, auto)
      lowestByCost = min(lowestByCost, Self.median(rounds.map { cost($0[0]) / cost($0[1]) }))
      if prompt.kind == .copy { copyRatios.append(auto) }
      show(prompt, rounds)
    }
    let copy = copyRatios.reduce(1, *)
    showRuns(all)
    print(
      "\nauto ÷ off: copying \(Self.two(pow(copy, 1 / Double(copyRatios.count))))"
        + " (geometric mean), lowest of all prompts \(Self.two(lowest)),"
        + " by cost \(Self.two(lowestByCost))")
  }

  /// What runs cost in this work, and how much of the time is spent outside them.
  private func showRuns(_ rounds: [[Answer]]) {
    func seconds(_ answers: [Answer]) -> [Int: [Double]] {
      Dictionary(grouping: answers.flatMap(\.runs), by: \.tokenCount).mapValues {
        $0.map(\.seconds)
      }
    }
    let plain = Self.median(seconds(rounds.map { $0[0] })[1] ?? [.nan])
    print("\nruns of these answers, in one of a token without guesses (median of so many):")
    for (index, mode) in Self.modes.enumerated() {
      let answers = rounds.map { $0[index] }
      print("  \(mode.name):", terminator: "")
      for (count, times) in seconds(answers).sorted(by: { $0.key < $1.key }) {
        let ratio = Self.ratio(Self.median(times), plain)
        print(" \(count): \(ratio) (\(times.count))", terminator: "")
      }
      let inside = answers.flatMap(\.runs).reduce(0) { $0 + $1.seconds }
      let whole = answers.reduce(0) { $0 + $1.seconds }
      print("; outside them \(Self.two(100 * (1 - inside / whole))) % of the time")
    }
  }

  private func show(_ prompt: BenchmarkPrompt, _ rounds: [[Answer]]) {
    let count = rounds[0][0].tokens.count
    guard let speculation = rounds.last?[1].statistics?.speculation else { return }
    func ratio(_ value: (Answer) -> Double, mode: Int) -> String {
      Self.two(Self.median(rounds.map { value($0[0]) / value($0[mode]) }))
    }
    let cells = [
      prompt.name.padding(toLength: 18, withPad: " ", startingAt: 0),
      prompt.kind.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0),
      Self.right("\(count)", 6),
      Self.right(Self.two(Self.median(rounds.map { Double(count) / $0[0].seconds })), 10),
      Self.right(ratio(\.seconds, mode: 1), 11), Self.right(ratio(cost, mode: 1), 11),
      Self.right(ratio(\.seconds, mode: 2), 13),
      Self.right(Self.two(Double(count) / Double(max(1, speculation.stepCount))), 12),
      Self.right("\(speculation.acceptedCount)/\(speculation.proposedCount)", 9),
    ]
    print(cells.joined(separator: " "))
    fflush(nil)
  }

  private func answer(_ prompt: [Int32], _ mode: SpeculationMode) throws -> Answer {
    var job = GenerationJob(prompt: prompt)
    job.stop.tokensMax = tokensMax
    job.speculation = mode
    let id = try generator.submit(.generation(job))
    var answer = Answer()
    while !generator.isIdle {
      for event in generator.step() where event.job == id {
        switch event.kind {
        case .delta(let delta):
          // The runs until then have read the prompt.
          if answer.tokens.isEmpty { model.runs = [] }
          answer.tokens += delta.tokens.map(\.token)
        case .finished(let statistics):
          answer.statistics = statistics
          answer.seconds = statistics.decodeSeconds
        case .failed(let failure): throw failure
        default: break
        }
      }
    }
    answer.runs = model.runs
    return answer
  }

  /// What the runs of an answer cost by the table.
  private func cost(_ answer: Answer) -> Double {
    answer.runs.reduce(0) { $0 + costs.seconds(tokenCount: $1.tokenCount) }
  }

  private static func now() -> Double {
    Double(DispatchTime.now().uptimeNanoseconds) / 1e9
  }

  private static func ratio(_ a: Double, _ b: Double) -> String { two(a / b) }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }

  private static func two(_ value: Double) -> String { String(format: "%.2f", value) }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

private struct UsageError: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}
