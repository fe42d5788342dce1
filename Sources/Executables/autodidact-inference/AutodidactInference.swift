internal import ArgumentParser
internal import Daemon
internal import InferenceService

/// The daemon that runs language models.
@main struct AutodidactInference: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autodidact-inference",
    abstract: "Serves language models on a Unix socket.",
    version: suiteVersion)

  @OptionGroup var options: DaemonOptions

  func run() async throws {
    try await DaemonProcess.run(
      name: "inference", options: options, keys: InferenceServiceConfiguration.keys,
      build: inferenceDaemonParts)
  }
}
