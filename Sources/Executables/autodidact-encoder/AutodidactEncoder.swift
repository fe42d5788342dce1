internal import ArgumentParser
internal import Daemon
internal import EncoderService

/// The daemon that turns texts into vectors.
@main struct AutodidactEncoder: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autodidact-encoder",
    abstract: "Serves sentence encoders on a Unix socket.",
    version: suiteVersion)

  @OptionGroup var options: DaemonOptions

  func run() async throws {
    try await DaemonProcess.run(
      name: "encoder", options: options, keys: EncoderServiceConfiguration.keys,
      build: encoderDaemonParts)
  }
}
