internal import Daemon
package import Decoding
internal import Methods
package import ModelFiles
package import Scheduling
package import TTRPC
package import Transformers

/// Why the inference service refuses a call; the one place that maps causes to a status.
package enum InferenceServiceError: Error {
  /// The name is not one that a model can have.
  case modelName(String)
  /// There is no model of that name.
  case missingModel(String, folder: String, known: [String])
  /// The model's file is damaged or not one that can be run.
  case unusableModel(String, cause: ModelFileProblem)
  /// The model would not fit into the memory that models may take.
  case memory(String, bytes: Int, used: Int, limit: Int)
  /// The model was loaded and gave wrong numbers.
  case selfCheck(String, cause: ModelCheckFailure)
  /// The model has no template of conversations.
  case noChatTemplate(String)
  /// A value of the request is out of its range.
  case value(name: String, value: String, range: String)
  /// A method of guessing that is not built.
  case speculation(String)
  /// The engine refuses the job.
  case admission(AdmissionError)
  /// The job has ended without its result.
  case job(JobFailure)
  /// So many jobs run and wait.
  case busy(model: String, count: Int, limit: Int)
  /// The caller left so many tokens unread.
  case unread(Int, limit: Int)
  /// The answer would not fit into a message.
  case answerBytes(Int, limit: Int)
  /// The executor refuses work.
  case compute(ComputeError)
  /// The model was unloaded while the call began.
  case unloaded(String)
  /// The daemon is stopping.
  case stopping
}

/// What is wrong with a model's file.
package enum ModelFileProblem: Error {
  /// The file is not what the format says.
  case file(GGUFError)
  /// The network is not one that can be run.
  case network(LlamaError)
  /// The tokenizer is not one that can be run.
  case tokenizer(TokenizerError)
  /// Tokenizer and network have different vocabularies.
  case vocabulary(tokenizer: Int, network: Int)
  /// The record of the model cannot be read.
  case manifest
  /// The file is not the one that was recorded.
  case digest
}

extension ModelFileProblem: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(.file): "its file cannot be read"
    case .file(let error): error.description
    case .network(let error): error.description
    case .tokenizer(let error): error.description
    case .vocabulary(let tokenizer, let network):
      "the tokenizer has \(tokenizer) tokens, the network \(network)"
    case .manifest: "autodidact-model.json is not the record of a model"
    case .digest: "its file does not have the digest of the model's record"
    }
  }
}

extension InferenceServiceError: CustomStringConvertible {
  /// What is wrong, with the value and its limit.
  package var description: String { modelDescription ?? requestDescription ?? "\(self)" }

  private var modelDescription: String? {
    switch self {
    case .modelName(let name):
      "the model name \"\(name.prefix(64))\" is not 1 to 64 letters, digits, \".\", \"_\" or \"-\""
    case .missingModel(let name, let folder, let known):
      "there is no language model \"\(name)\" in \(folder) ("
        + (known.isEmpty ? "it holds none" : "it holds \(known.joined(separator: ", "))")
        + "); `autodidact model fetch \(name)` or `autodidact model import` gets it"
    case .unusableModel(let name, let cause):
      "the model \"\(name)\" cannot be used: \(cause)"
    case .memory(let name, let bytes, let used, let limit):
      "the model \"\(name)\" takes \(bytes >> 20) MiB with its cache, loaded models take "
        + "\(used >> 20) MiB; the limit is \(limit >> 20) MiB: unload one first"
    case .selfCheck(let name, let cause): "the model \"\(name)\" is not served: \(cause)"
    case .noChatTemplate(let name):
      "the model \"\(name)\" has no template of conversations; send text or tokens"
    case .unloaded(let name): "the model \"\(name)\" was unloaded just now; try again"
    default: nil
    }
  }

  private var requestDescription: String? {
    switch self {
    case .value(let name, let value, let range): "\(name) is \(value); it must be \(range)"
    case .speculation(let method):
      "\(method) speculation is not built; automatic, off and lookup are"
    case .admission(let error): Self.text(error)
    case .job(.deadline): "the deadline passed before the result was there"
    case .job(.refused): "the model refused a step"
    case .busy(let model, let count, let limit):
      "\(count) jobs run or wait for the model \"\(model)\"; the limit is \(limit): try again later"
    case .unread(let count, let limit):
      "\(count) tokens are unread; the limit is \(limit): read faster or ask for fewer"
    case .answerBytes(let count, let limit):
      "the answer would have \(count) bytes; the limit is \(limit): ask for less at once"
    case .compute(let error): "\(error)"
    case .stopping: "the daemon is stopping"
    default: nil
    }
  }

  private static func text(_ error: AdmissionError) -> String {
    switch error {
    case .queueFull(let count, let limit): "\(count) jobs wait; the limit is \(limit)"
    case .contextExceeded(let count, let limit):
      "prompt and continuation have \(count) tokens at least; the context has \(limit)"
    case .cacheExceeded(let count, let limit):
      "the job needs \(count) positions of the cache; it has \(limit) (cache.tokens)"
    case .unknownToken(let id, let size): "token \(id) is not one of the vocabulary's \(size)"
    case .unknownLayer(let layer, let count): "layer is \(layer); the model has \(count)"
    case .count(let name, let count, let lowest, let highest):
      "\(name) has \(count) entries; \(lowest) to \(highest) are allowed"
    case .empty(let name, let index): "\(name)[\(index)] has no tokens"
    case .duplicate(let index, let other):
      "candidates[\(index)] is the same tokens as candidates[\(other)]"
    case .parameter(let violation):
      "\(violation.name) is \(violation.value); it must be \(violation.range)"
    }
  }
}

extension InferenceServiceError: RPCErrorConvertible {
  /// The status for the caller.
  package var rpcError: RPCError { RPCError(code: code, message: description, cause: self) }

  private var code: RPCCode {
    switch self {
    case .modelName, .value: .invalidArgument
    case .missingModel: .notFound
    case .unusableModel, .selfCheck, .noChatTemplate: .failedPrecondition
    case .speculation: .unimplemented
    case .admission(.queueFull), .busy, .memory, .unread, .answerBytes: .resourceExhausted
    case .admission: .invalidArgument
    case .job(.deadline): .deadlineExceeded
    case .job(.refused): .internal
    case .compute(let error): error.rpcError.code
    case .unloaded, .stopping: .unavailable
    }
  }
}
