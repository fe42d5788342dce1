package import AutodidactClient
package import Files

/// Why a rejection-sampling run did not come to its end.
package enum RejectionSamplingError: Error {
  /// An input file is wrong.
  case input(InputError)
  /// A file of the results could not be read or written.
  case file(FileError)
  /// Another run works in the folder.
  case locked(FolderLock.Failure)
  /// There is no question with a gold answer, so nothing can be calibrated.
  case noGold(path: String)
  /// All questions with a gold answer, or all at all, were taken for calibration.
  case nothingLeft(path: String, questionCount: Int)
  /// The folder holds the results of other inputs.
  case otherResults(folder: String)
  /// The inference service has no such model; the models that it has.
  case modelMissing(String, present: [String])
  /// No question could be answered; what the first failure says.
  case noAnswers(questionCount: Int, first: String)
  /// A daemon's answer is not what was asked for.
  case badAnswer(String)
  /// A file of the results is not what was written.
  case damaged(path: String, reason: String)
  /// The caller cancelled.
  case interrupted
  /// A daemon refused or did not answer.
  case call(CallError)
}

extension RejectionSamplingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .input(let error): error.description
    case .file(let error): error.description
    case .locked(let error): error.description
    case .noGold(let path):
      "\(path): no question has a gold answer; the certificate needs some hundreds of them, here "
        + "or in a file of their own (--calibration)"
    case .nothingLeft(let path, let count):
      "\(path): \(count.counted("question", one: "calibrates", many: "calibrate")), and none is "
        + "left to be answered; use more questions or a smaller --calibration-share"
    case .otherResults(let folder):
      "\(folder): the folder holds results from other inputs; choose another folder, or replace "
        + "them with --overwrite"
    case .modelMissing(let name, let present):
      "the inference service has no \(name.isEmpty ? "default model" : "model “\(name)”"); "
        + (present.isEmpty
          ? "it has none: `autodidact model fetch smollm2` gets one"
          : "it has \(present.sorted().map { "“\($0)”" }.joined(separator: ", "))")
    case .noAnswers(let count, let first):
      "none of \(count.counted("question")) could be answered; the first failure: \(first)"
    case .badAnswer(let reason): "a daemon's answer is not usable: \(reason)"
    case .damaged(let path, let reason): "\(path): the file is damaged: \(reason)"
    case .interrupted: "interrupted; the same command goes on where this one stopped"
    case .call(let error): error.message
    }
  }
}

extension RejectionSamplingError {
  /// The case for an error of one of the parts.
  init(_ error: any Error) {
    switch error {
    case let error as RejectionSamplingError: self = error
    case let error as InputError: self = .input(error)
    case let error as FileError: self = .file(error)
    case let error as FolderLock.Failure: self = .locked(error)
    case let error as CallError: self = .call(error)
    default: self = .badAnswer("\(error)")
    }
  }
}
