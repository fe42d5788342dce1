package import Foundation

/// A program that ran to its end.
package struct FinishedProgram {
  /// The exit code.
  package let code: Int32
  /// What it wrote to its standard output.
  package let bytes: Data

  /// The output as text.
  package var output: String { String(decoding: bytes, as: UTF8.self) }

  /// Runs the program at `path`; `prepare` may set its folder, environment and standard input.
  ///
  /// With `mergesErrors`, what it writes to the standard error belongs to the output.
  package init(
    _ path: String, _ arguments: [String], mergesErrors: Bool = true,
    prepare: (Process) throws -> Void = { _ in }
  ) throws {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardOutput = pipe
    if mergesErrors { process.standardError = pipe }
    try prepare(process)
    try process.run()
    bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    code = process.terminationStatus
  }
}
