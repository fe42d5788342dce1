import ArgumentParser
import AutodidactClient
import Glibc
import Pipelines
import TTRPC

/// What ends a command with a message on the standard error and exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

extension Autodidact {
  /// Ends the process as `error` asks for: help and success 0, failures 1, wrong usage 2 (for
  /// Nagios 3).
  static func exit(reporting error: any Error) -> Never {
    switch error {
    case let code as ExitCode: Glibc.exit(code.rawValue)
    case let failure as CommandFailure: fail(failure.description)
    case SelfTrainingError.call(let cause), GenerationError.call(let cause, _),
      RejectionSamplingError.call(let cause):
      fail(message("\(error)", because: cause))
    case let failure as SelfTrainingError: fail(failure.description)
    case let failure as GenerationError: fail(failure.description)
    case let failure as RejectionSamplingError: fail(failure.description)
    case let failure as CallError: fail(message(failure.message, because: failure))
    case let failure as FeatureFileError: fail(failure.description)
    case let failure as InputError: fail(failure.description)
    default: break
    }
    let message = fullMessage(for: error)
    guard exitCode(for: error) != .success else {
      print(message)
      Glibc.exit(0)
    }
    StandardError.write(message + "\n")
    guard exitCode(for: error) == .validationFailure else { Glibc.exit(1) }
    let code = usageExitCode(of: CommandLine.arguments.dropFirst())
    if code == 3 {
      // Nagios shows the first line of the standard output and nothing else.
      let reason = Self.message(for: error).split(separator: "\n").first ?? "wrong usage"
      print("AUTODIDACT UNKNOWN - \(reason.replacing("|", with: "/"))")
    }
    Glibc.exit(code)
  }

  /// The exit code of wrong usage: 2, but 3 (UNKNOWN) where Nagios asked, whose 2 is CRITICAL.
  static func usageExitCode(of arguments: some Collection<String>) -> Int32 {
    guard arguments.first == "health" else { return 2 }
    let forNagios = zip(arguments, arguments.dropFirst()).contains { $0 == ("--format", "nagios") }
    return forNagios || arguments.contains("--format=nagios") ? 3 : 2
  }

  /// What a command says that ends because of a call: where the daemon is at fault, also how to
  /// find what its log tells about it.
  static func message(_ message: String, because error: CallError) -> String {
    guard error.cause == nil, error.code.isServerFault else { return message }
    return "\(message) (in the daemons' logs: TRACE_ID=\(traceID))"
  }

  private static func fail(_ message: String) -> Never {
    StandardError.write("Error: \(message)\n")
    Glibc.exit(1)
  }
}

/// The standard error as a place for messages.
enum StandardError {
  /// Whether a person sees it.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Writes the text at once.
  static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = Glibc.write(STDERR_FILENO, rest.baseAddress, rest.count)
        // A message that nobody can be given is lost; the exit code stays.
        guard count > 0 || errno == EINTR else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[max(0, count)...])
      }
    }
  }
}
