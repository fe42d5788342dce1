internal import ArgumentParser
internal import Daemon
internal import JudgeService

/// The daemon that scores answers and knows when to abstain.
@main struct AutodidactJudge: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autodidact-judge",
    abstract: "Serves quality scores, rankings and abstention on a Unix socket.",
    version: suiteVersion)

  @OptionGroup var options: DaemonOptions

  func run() async throws {
    try await DaemonProcess.run(
      name: "judge", options: options, keys: JudgeServiceConfiguration.keys,
      build: judgeDaemonParts)
  }
}
