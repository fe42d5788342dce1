import ArgumentParser
import Daemon
import TTRPC

/// The command line of the suite.
@main struct Autodidact: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autodidact",
    abstract:
      "Learn classifiers for text from a few labels and many unlabelled texts, on this machine.",
    discussion: """
      The main job:
        autodidact selftrain --labelled labelled.jsonl --unlabelled pool.jsonl --output model
        autodidact classify --model model --input new.jsonl --output classified.jsonl

      A chat with a small language model:
        autodidact generate

      The daemons log the calls of one command under one TRACE_ID, a random one or that of
      AUTODIDACT_TRACE_ID; where a daemon is at fault, the message names it.

      Exit codes: 0 success, 1 a failed operation, 2 wrong usage.
      """,
    version: suiteVersion,
    subcommands: [
      SelfTrain.self, Classify.self, Encode.self, OutOfDistribution.self, Teach.self,
      Generate.self, JudgeCommand.self, RejectionSample.self, ListMethods.self, Health.self,
      Reload.self, Model.self, Up.self,
    ])

  /// Runs the command line; wrong usage ends with 2, where the parser's own code would be 64.
  static func main() async {
    do {
      try await TraceID.$current.withValue(traceID) { try await run() }
    } catch {
      exit(reporting: error)
    }
  }
  private nonisolated static func run() async throws {
    var command = try parseAsRoot()
    if var command = command as? any AsyncParsableCommand {
      try await command.run()
    } else {
      try command.run()
    }
  }
}
