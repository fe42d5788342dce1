internal import Daemon
package import Encoding
package import ModelFiles
package import Scheduling
package import TTRPC

/// Why the encoder refuses a call; the one place that maps causes to a status.
package enum EncoderServiceError: Error {
  /// The name is not one that a model can have.
  case modelName(String)
  /// There is no model of that name.
  case missingModel(String, folder: String, known: [String])
  /// The model's folder is not complete or not right.
  case corruptModel(String, cause: ModelFolderError)
  /// A file of the model has another digest than its manifest says.
  case wrongDigest(String, file: String)
  /// As many models as may be are in memory.
  case loadedModels(String, limit: Int)
  /// The request has no texts but something else.
  case input(String)
  /// The answer would not fit into a message.
  case answerBytes(Int, limit: Int)
  /// The engine refuses the options or a text.
  case encoding(EncodingError)
  /// So many tokens would wait.
  case queueTokens(Int, limit: Int)
  /// So many texts would wait.
  case queueTexts(Int, limit: Int)
  /// The executor refuses work.
  case compute(ComputeError)
  /// The daemon is stopping.
  case stopping
}

extension EncoderServiceError: CustomStringConvertible {
  /// What is wrong, with the value and its limit.
  package var description: String {
    switch self {
    case .modelName(let name):
      "the model name \"\(name.prefix(64))\" is not 1 to 64 letters, digits, \".\", \"_\" or \"-\""
    case .missingModel(let name, let folder, let known):
      "there is no model \"\(name)\" in \(folder) ("
        + (known.isEmpty ? "it holds none" : "it holds \(known.joined(separator: ", "))")
        + "); `autodidact model fetch \(name)` gets it"
    case .corruptModel(let name, let cause):
      "the model \"\(name)\" cannot be used: \(Self.text(cause)); `autodidact model verify` checks "
        + "it, `autodidact model fetch \(name)` gets it again"
    case .wrongDigest(let name, let file):
      "the model \"\(name)\" cannot be used: \(file) does not have the digest of the model's "
        + "manifest; `autodidact model fetch \(name)` gets it again"
    case .loadedModels(let name, let limit):
      "the model \"\(name)\" is not loaded, and \(limit) models are; the limit is \(limit)"
    case .input(let kind): "the request has \(kind), and this daemon encodes texts"
    case .answerBytes(let count, let limit):
      "the answer would have \(count) bytes; the limit is \(limit): send fewer texts a request"
    case .encoding(let error): Self.text(error)
    case .queueTokens(let count, let limit):
      "\(count) tokens would wait; the limit is \(limit): send fewer texts, or use the stream"
    case .queueTexts(let count, let limit):
      "\(count) texts would wait; the limit is \(limit): send fewer texts, or use the stream"
    case .compute(let error): "\(error)"
    case .stopping: "the daemon is stopping"
    }
  }

  private static func text(_ error: EncodingError) -> String {
    switch error {
    case .tokenCountMax(let value, let allowed):
      "tokens_max is \(value); the model allows \(allowed.lowerBound) to \(allowed.upperBound)"
    case .dimensionCount(let value, let limit):
      "dimensions is \(value); the model has \(limit)"
    case .tooManyTokens(let index, let limit):
      "text \(index) has more than \(limit) tokens, and truncation is refused"
    }
  }

  private static func text(_ error: ModelFolderError) -> String {
    switch error {
    case .missingFolder: "its folder is missing"
    case .missingFile(let file, _): "\(file) is missing"
    case .file: "a file cannot be read"
    case .fileBytes(let count, let limit, let file):
      "\(file) has \(count) bytes; the limit is \(limit)"
    case .malformed(let file, let reason): "\(file): \(reason)"
    case .field(let field, let file, let value, let allowed):
      "\(file): \(field) is \(value), not \(allowed)"
    case .tensors(let error): "model.safetensors: \(error)"
    }
  }
}

extension EncoderServiceError: RPCErrorConvertible {
  /// The status for the caller.
  package var rpcError: RPCError { RPCError(code: code, message: description, cause: self) }

  private var code: RPCCode {
    switch self {
    case .modelName, .input, .encoding: .invalidArgument
    case .missingModel: .notFound
    case .corruptModel, .wrongDigest: .failedPrecondition
    case .loadedModels, .answerBytes, .queueTokens, .queueTexts:
      .resourceExhausted
    case .compute(let error): error.rpcError.code
    case .stopping: .unavailable
    }
  }
}
