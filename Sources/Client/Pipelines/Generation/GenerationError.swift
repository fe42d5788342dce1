package import AutodidactClient
package import Files

/// Why a file of prompts was not generated from to its end.
package enum GenerationError: Error {
  /// The file of prompts is wrong.
  case input(InputError)
  /// The output could not be read or written.
  case file(FileError)
  /// Another process writes the same output.
  case locked(path: String)
  /// What is there of the output was made with other options or another model.
  case otherRun(path: String)
  /// The daemon's answer is not what was asked for.
  case badAnswer(String)
  /// The caller cancelled.
  case interrupted(path: String)
  /// The daemon refused or did not answer; where the finished rows are.
  case call(CallError, path: String?)
}

extension GenerationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .input(let error): error.description
    case .file(let error): error.description
    case .locked(let path): "\(path): another process writes to it"
    case .otherRun(let path):
      "\(path): it holds rows that were made with other options or another model; remove it or "
        + "choose another output"
    case .badAnswer(let reason): "the daemon's answer is not usable: \(reason)"
    case .interrupted: "interrupted; the same command goes on where this one stopped"
    case .call(let error, nil): error.message
    case .call(let error, _?):
      "\(error.message); finished rows are kept, the same command goes on with the rest"
    }
  }
}
