internal import ArgumentParser
internal import Daemon
internal import TeacherService

/// The daemon that fits heads and self-trains them.
@main struct AutodidactTeacher: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "autodidact-teacher",
    abstract: "Serves classifier heads, pseudo-labels and self-training on a Unix socket.",
    version: suiteVersion)

  @OptionGroup var options: DaemonOptions

  func run() async throws {
    try await DaemonProcess.run(
      name: "teacher", options: options, keys: TeacherConfiguration.keys,
      build: teacherDaemonParts)
  }
}
