import Files
import ModelFiles

/// Why a model cannot be had, kept or removed.
enum ModelError: Error, Equatable {
  /// A name that could leave the folder of the models.
  case invalidName(String)
  /// There is no model of this name.
  case unknownModel(name: String, folder: String)
  /// A model of this name is there already, with other files.
  case nameTaken(name: String, folder: String)
  /// The folder to import lacks a file that every model has.
  case missingFile(String, folder: String)
  /// A GGUF file is damaged or holds what this suite cannot run.
  case languageModel(path: String, GGUFError)
  /// A file is not the one that was published or recorded.
  case wrongDigest(file: String, expected: String, actual: String)
  /// A file is recorded and is not there any more.
  case lostFile(String, name: String)
  /// The record of a model cannot be read.
  case unreadableManifest(name: String)
  /// There is nothing to fetch under this name.
  case notFetchable(name: String, known: [String])
  /// A program that is needed is not there.
  case missingProgram(String, package: String)
  /// A program failed.
  case failedProgram(String, code: Int32, output: String)
  /// A file could not be read or written.
  case file(FileError)
}

extension ModelError: CustomStringConvertible {
  var description: String {
    switch self {
    case .invalidName(let name):
      "\"\(name)\" is no name for a model; use up to 64 lower-case letters, digits, '.', '_', '-'"
    case .unknownModel(let name, let folder):
      "there is no model \"\(name)\" in \(folder); see `autodidact model list`"
    case .nameTaken(let name, let folder):
      "there is another model \"\(name)\" in \(folder); remove it first or choose another name"
    case .missingFile(let file, let folder):
      "\(folder) has no \(file); a model is a GGUF file, or a Hugging Face folder with "
        + "config.json, model.safetensors and tokenizer.json or vocab.txt"
    case .languageModel(_, .file(let error)): error.description
    case .languageModel(let path, let error): "\(path): \(error.description)"
    case .wrongDigest(let file, let expected, let actual):
      "\(file) has SHA-256 \(actual), expected \(expected); it is damaged or another file"
    case .lostFile(let file, let name):
      "model \"\(name)\" has lost \(file); remove it and fetch or import it again"
    case .unreadableManifest(let name):
      "the record of model \"\(name)\" cannot be read; remove the model and get it again"
    case .notFetchable(let name, let known):
      "\"\(name)\" is not a model that can be fetched (known: \(known.joined(separator: ", "))); "
        + "download a Hugging Face folder or a GGUF file and use "
        + "`autodidact model import PATH --name \(name)`"
    case .missingProgram(let program, let package):
      "\(program) is not installed; `apt install \(package)`"
    case .failedProgram(let program, let code, let output):
      "\(program) failed with exit code \(code): \(output)"
    case .file(let error): error.description
    }
  }
}
