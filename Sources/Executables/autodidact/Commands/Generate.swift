import ArgumentParser
import AutodidactClient
import Glibc
import Messages
import Pipelines

/// Texts from a language model.
struct Generate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generate text with a language model: a prompt, a conversation, or a file of them.",
    discussion: """
      On a terminal without a prompt it is a chat. The text depends on model, prompt, options and
      seed alone, however tokens are guessed and whoever else asks.

      Rows of --input are {"prompt": "…"} or {"messages": [{"role": "user", "content": "…"}]}, with
      an "id" and a "seed" where wanted. Rows of --output come in the same order. A run that was
      interrupted, or killed, goes on with the same command.

      Examples:
        autodidact generate
        autodidact generate --prompt "The capital of France is" --max-tokens 8 --stats
        autodidact generate --as-chat --prompt "Write a haiku." --temperature 0.8 --seed 7
        autodidact generate --chat conversation.jsonl --format json
        autodidact generate --input prompts.jsonl --output answers.jsonl --samples 4
      """)

  @Option(help: "The text to continue.") var prompt: String?
  @Option(
    help: ArgumentHelp(
      "A conversation, a message a line: {\"role\": …, \"content\": …}.", valueName: "file"))
  var chat: String?
  @Option(help: ArgumentHelp("Prompts, one a line; - is the standard input.", valueName: "file"))
  var input: String?
  @Option(help: ArgumentHelp("Where the rows go; - is the standard output.", valueName: "file"))
  var output: String?
  @Option(help: "The field of --input with the text.") var promptField = "prompt"
  @Option(help: "The field of --input with the id.") var idField = "id"
  @Flag(help: "A prompt is what a user says, in the model's template of conversations.")
  var asChat = false
  @Option(help: "The system message of a chat on the terminal.") var system: String?
  @OptionGroup(title: "Generation") var arguments: GenerationArguments
  @Flag(help: "Print what the work cost, to the standard error.") var stats = false
  @Flag(help: "Show no progress.") var quiet = false
  @OptionGroup var format: FormatOption

  func validate() throws {
    guard [prompt, chat, input].count(where: { $0 != nil }) <= 1 else {
      throw ValidationError("give one of --prompt, --chat and --input")
    }
    guard (input == nil) == (output == nil) else {
      throw ValidationError("--input and --output go together")
    }
  }

  func run() async throws {
    let suite = AutodidactClient.Autodidact()
    if let input, let output {
      try await generate(from: input, to: output, suite)
    } else if let prompt {
      var fields = PromptFields()
      fields.writesChat = asChat
      guard !prompt.utf8.contains(0) else { throw CommandFailure("the prompt holds U+0000") }
      try await answer(Prompt(input: fields.input(prompt)), suite)
    } else if let chat {
      let messages = try ChatFile.messages(path: chat)
      try await answer(Prompt(input: .chat(Chat(messages: messages))), suite)
    } else {
      guard isatty(STDIN_FILENO) == 1 else {
        throw ValidationError("give --prompt, --chat or --input; a chat needs a terminal")
      }
      var session = ChatSession(
        options: arguments.request, client: suite.inference, system: system,
        showsStatistics: stats)
      try await session.run()
    }
    await suite.close()
  }

  private func answer(_ prompt: Prompt, _ suite: AutodidactClient.Autodidact) async throws {
    var request = arguments.request
    request.prompt = prompt
    let streams = request.sampleCount == 1 && format.format == .text
    let (asked, client) = (request, suite.inference)
    let answer = try await cancellingOnInterrupt {
      try await StreamedAnswer(asked, client) { if streams { StandardOutput.write($0) } }
    }
    if streams {
      StandardOutput.write("\n")
    } else {
      try format.printResult(Result(answer), text: Self.text(answer.samples))
    }
    if stats, let text = answer.statistics?.text { StandardError.write(text + "\n") }
  }

  private func generate(
    from input: String, to output: String, _ suite: AutodidactClient.Autodidact
  ) async throws {
    let progress = TerminalProgress(isQuiet: quiet)
    var fields = PromptFields()
    (fields.prompt, fields.id, fields.writesChat) = (promptField, idField, asChat)
    let pipeline = GenerationPipeline(
      suite: suite, options: arguments.request, fields: fields, observer: progress.observer)
    defer { progress.finish() }
    let summary = try await cancellingOnInterrupt {
      try await pipeline.run(input: input, output: output)
    }
    progress.finish()
    if stats { StandardError.write(Self.statistics(summary) + "\n") }
    // The standard output belongs to the rows where they go there.
    guard output != "-" else { return }
    try format.printResult(summary, text: Self.text(summary, output: output))
  }

  /// The result of one prompt as JSON.
  private struct Result: Encodable {
    var modelDigest: String
    var samples: [GeneratedRow.Sample]
    var statistics: GenerationSummary

    init(_ answer: StreamedAnswer) {
      modelDigest = answer.modelDigest
      samples = answer.samples.map { GeneratedRow.Sample($0) }
      statistics = GenerationSummary()
      statistics.rowCount = 1
      guard let work = answer.statistics else { return }
      statistics.add(work)
      statistics.seconds = work.queueSeconds + work.prefillSeconds + work.decodeSeconds
    }
  }

  private static func text(_ samples: [Completion]) -> String {
    samples.map { "— sample \($0.sampleIndex + 1) —\n\($0.text)" }.joined(separator: "\n")
  }

  private static func text(_ summary: GenerationSummary, output: String) -> String {
    var text = "\(summary.rowCount.counted("row")) in \(output)"
    if summary.resumedCount > 0 { text += "; \(summary.resumedCount.grouped) were there already" }
    if summary.failedCount > 0 { text += "; \(summary.failedCount.grouped) have an error" }
    return text
  }

  private static func statistics(_ summary: GenerationSummary) -> String {
    let speed =
      summary.seconds > 0 ? Double(summary.generatedTokenCount) / summary.seconds : 0
    var text =
      "\(summary.generatedTokenCount.counted("token")) in \(summary.seconds.fixed(1)) s "
      + "(\(speed.fixed(1)) tokens/s); \(summary.promptTokenCount.grouped) of prompts, "
      + "\(summary.cachedTokenCount.grouped) known already"
    if summary.stepCount > 0 {
      let perStep = Double(summary.generatedTokenCount) / Double(summary.stepCount)
      text += "; \(perStep.fixed(2)) tokens a step, \(summary.acceptedCount.grouped) of "
      text += "\(summary.proposedCount.grouped) guesses right"
    }
    return text
  }
}
