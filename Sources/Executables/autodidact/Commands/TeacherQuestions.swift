import ArgumentParser
import AutodidactClient
import Messages
import Pipelines

/// Why a sample got its pseudo-label.
struct TeacherExplain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tell why a sample of the pool got its pseudo-label, round by round, or why not.",
    discussion: """
      Example:
        autodidact teacher explain --model model --sample 1723
      """)

  @OptionGroup var source: RunOption
  @Option(help: "The sample's id: its id field, or its line number in the unlabelled file.")
  var sample: String
  @OptionGroup var format: FormatOption

  func run() async throws {
    let runID = try source.runID
    let suite = AutodidactClient.Autodidact()
    let response = try await suite.teacher.explain(
      ExplainRequest(runID: runID, sampleID: sample))
    await suite.close()
    try format.printResult(
      response.rows.map { DecisionText.Record($0, chosenRound: response.chosenRound) },
      text: DecisionText.text(response))
  }
}

/// What a person should label next.
struct TeacherNext: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "next",
    abstract: "List the samples whose labels would help most.",
    discussion: """
      With --unlabelled the texts are shown too.

      Examples:
        autodidact teacher next --model model --count 20 --unlabelled pool.jsonl
        autodidact teacher next --model model --count 20 --format json
      """)

  @OptionGroup var source: RunOption
  @Option(help: "How many, 1 to 10000.")
  var count: UInt32 = 10
  @Option(help: ArgumentHelp("The file of the pool, to show its texts.", valueName: "file"))
  var unlabelled: String?
  @OptionGroup var fields: FieldOptions
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard (1...10_000).contains(count) else {
      throw ValidationError("--count \(count) is not between 1 and 10000")
    }
  }

  /// A suggestion.
  private struct Suggestion: Encodable {
    var id: String
    var text: String?
    var suggestedLabel: String
    var confidence: Float
    var margin: Float
    var reason: String
  }

  func run() async throws {
    let runID = try source.runID
    let suite = AutodidactClient.Autodidact()
    let samples = try await suite.teacher.next(NextRequest(runID: runID, count: count)).samples
    await suite.close()
    let texts = try self.texts(of: Set(samples.map { $0.sampleID }))
    let suggestions = samples.map {
      Suggestion(
        id: $0.sampleID, text: texts[$0.sampleID], suggestedLabel: $0.predictedClass,
        confidence: $0.confidence, margin: $0.margin, reason: $0.reason)
    }
    let lines = suggestions.map { item in
      "\(item.id)  \(item.suggestedLabel) \(Double(item.confidence).percent) %  \(item.reason)"
        + (item.text.map { "\n    " + $0 } ?? "")
    }
    try format.printResult(suggestions, text: lines.joined(separator: "\n"))
  }

  private func texts(of ids: Set<String>) throws -> [String: String] {
    guard let unlabelled else { return [:] }
    var reader = try SampleReader(
      path: unlabelled,
      fields: SampleFields(text: fields.text, label: fields.label, id: fields.id),
      requirement: .text)
    var texts: [String: String] = [:]
    while let sample = try reader.next() {
      if ids.contains(sample.id) { texts[sample.id] = sample.text }
    }
    return texts
  }
}
