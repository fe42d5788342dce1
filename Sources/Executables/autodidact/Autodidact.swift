import ArgumentParser

/// The command line of the suite.
@main struct Autodidact: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autodidact",
    abstract:
      "Learn classifiers for text from a few labels and many unlabelled texts, on this machine.",
    discussion: "Exit codes: 0 success, 1 a failed operation, 2 wrong usage.",
    subcommands: [Health.self, Model.self, Up.self])

  /// Runs the command line; wrong usage ends with 2, where the parser's own code would be 64.
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch  where exitCode(for: error) == .validationFailure {
      fail(with: error)
    } catch {
      exit(withError: error)
    }
  }
}
