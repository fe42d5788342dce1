internal import ArgumentParser
internal import Daemon
internal import OODService

/// The daemon that tells whether a sample is from the distribution that is known.
@main struct AutodidactOOD: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autodidact-ood",
    abstract: "Serves out-of-distribution detectors on a Unix socket.",
    version: suiteVersion)

  @OptionGroup var options: DaemonOptions

  func run() async throws {
    try await DaemonProcess.run(
      name: "ood", options: options, keys: OODServiceConfiguration.keys, build: oodDaemonParts)
  }
}
