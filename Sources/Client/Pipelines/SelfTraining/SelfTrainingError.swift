package import AutodidactClient
package import Files

/// Why a self-training run did not come to its end.
package enum SelfTrainingError: Error {
  /// An input file is wrong.
  case input(InputError)
  /// A file of the results could not be read or written.
  case file(FileError)
  /// Another run works in the folder.
  case locked(FolderLock.Failure)
  /// All labels are the same.
  case oneClass(path: String, name: String, rowCount: Int)
  /// A test row has a class that no labelled row has.
  case unknownClass(InputError.Place, name: String, labelled: String)
  /// Every text of the file is empty.
  case onlyEmptyTexts(path: String, rowCount: Int)
  /// The file changed between two readings.
  case changed(path: String)
  /// The folder holds the results of other inputs.
  case otherResults(folder: String)
  /// The encoder has no such model; the models that it has.
  case modelMissing(String, present: [String])
  /// The encoder's model of this name is another one than the classifier was trained with.
  case otherModel(String, digest: String, expected: String)
  /// A daemon's answer is not what was asked for.
  case badAnswer(String)
  /// The teacher gave the run up.
  case runFailed(runID: String, reason: String)
  /// Somebody stopped the run in the teacher.
  case runStopped(runID: String)
  /// A file of the results is not what was written.
  case damaged(path: String, reason: String)
  /// The caller cancelled; the run in the teacher, if there is one.
  case interrupted(runID: String?)
  /// A daemon refused or did not answer.
  case call(CallError)
}

extension SelfTrainingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .input(let error): error.description
    case .file(let error): error.description
    case .locked(let error): error.description
    case .oneClass(let path, let name, let count):
      "\(path): all \(count.counted("row")) have the class “\(name)”; at least two are needed"
    case .unknownClass(let place, let name, let labelled):
      "\(place): the class “\(name)” is in no row of \(labelled)"
    case .onlyEmptyTexts(let path, let count):
      "\(path): all \(count.counted("text")) are empty; there is nothing to learn from"
    case .changed(let path): "\(path): the file changed while it was being read; run again"
    case .otherResults(let folder):
      "\(folder): the folder holds results from other inputs; choose another folder, or replace "
        + "them with --overwrite"
    case .modelMissing(let name, let present):
      "the encoder has no model “\(name)”; "
        + (present.isEmpty
          ? "it has none: `autodidact model fetch minilm` gets the default one"
          : "it has \(present.sorted().map { "“\($0)”" }.joined(separator: ", "))")
    case .otherModel(let name, let digest, let expected):
      "the encoder's model “\(name)” (\(digest.prefix(12))…) is not the one that this classifier "
        + "was trained with (\(expected.prefix(12))…)"
    case .badAnswer(let reason): "a daemon's answer is not usable: \(reason)"
    case .runFailed(let runID, let reason): "the teacher's run \(runID) failed: \(reason)"
    case .runStopped(let runID):
      "the teacher's run \(runID) was stopped; the same command goes on with it"
    case .damaged(let path, let reason): "\(path): the file is damaged: \(reason)"
    case .interrupted: "interrupted; the same command goes on where this one stopped"
    case .call(let error): error.message
    }
  }
}

extension SelfTrainingError {
  /// The case for an error of one of the parts.
  init(_ error: any Error) {
    switch error {
    case let error as SelfTrainingError: self = error
    case let error as InputError: self = .input(error)
    case let error as FileError: self = .file(error)
    case let error as FolderLock.Failure: self = .locked(error)
    case let error as CallError: self = .call(error)
    default: self = .badAnswer("\(error)")
    }
  }
}
