internal import Daemon
package import Messages
package import PseudoLabeling
package import Scheduling
package import Storage
package import TTRPC

/// What the service refuses.
package enum TeacherServiceError: Error {
  /// A run's name is empty, too long or has other characters than are allowed.
  case invalidRunID(String)
  /// There is no run of this name.
  case unknownRun(String)
  /// The run's data or options are not those that were sent before under the name.
  case otherData(runID: String, stored: String, sent: String)
  /// The run has to be in another state.
  case wrongState(runID: String, state: String, expected: String)
  /// The run has no such round, or not yet.
  case unknownRound(runID: String, round: Int, doneCount: Int)
  /// The run's pool has no such sample.
  case unknownSample(runID: String, sampleID: String)
  /// The stream does not begin with what it must begin with.
  case missingFirst(expected: String)
  /// A part of the stream appears where it must not.
  case unexpected(part: String)
  /// The class names are fewer than two, or one appears twice, or one is empty.
  case classNames(String)
  /// Lists that belong to the same rows have different lengths.
  case countsDiffer(what: String, count: Int, rowCount: Int)
  /// An id appears twice within its role.
  case duplicateID(role: String, id: String)
  /// A feature is NaN or infinite.
  case notFinite(row: Int, column: Int, place: String)
  /// Rows have another number of columns than those before.
  case dimensions(expected: Int, actual: Int)
  /// A parameter is out of its range.
  case outOfRange(name: String, value: String, range: String)
  /// A limit of the daemon would be passed.
  case beyondLimit(what: String, value: Int, limit: Int)
  /// A tensor's parts do not fit.
  case tensor(TensorError)
  /// The rows cannot be learnt from.
  case data(SelfTrainingData.Failure)
  /// The digest of a head is not the one that came with it.
  case headDigest(expected: String, actual: String)
  /// The database refused.
  case storage(StorageError)
  /// What is stored of a run cannot be read any more.
  case damaged(runID: String, reason: String)
  /// The compute queue refused.
  case compute(ComputeError)
}

extension TeacherServiceError: RPCErrorConvertible {
  /// The status for the caller.
  package var rpcError: RPCError {
    RPCError(code: code, message: description, cause: self)
  }

  private var code: RPCCode {
    switch self {
    case .unknownRun, .unknownRound, .unknownSample: .notFound
    case .otherData, .wrongState: .failedPrecondition
    case .beyondLimit: .resourceExhausted
    case .damaged: .dataLoss
    case .storage(.diskFull): .resourceExhausted
    case .storage(.busy): .unavailable
    case .storage: .internal
    case .compute(let error): error.rpcError.code
    default: .invalidArgument
    }
  }
}

extension TeacherServiceError: CustomStringConvertible {
  /// What is wrong, naming the value and its limit, without paths of this machine.
  package var description: String {
    switch self {
    case .invalidRunID(let id):
      "the run id `\(id.prefix(160))` is not 1 to 128 letters, digits, `-`, `_` or `.`"
    case .unknownRun(let id): "there is no run `\(id.prefix(160))`"
    case .otherData(let id, let stored, let sent):
      "the run `\(id)` exists with other data or options (digest \(stored.prefix(12))…, sent "
        + "\(sent.prefix(12))…): remove it or take another id"
    case .wrongState(let id, let state, let expected):
      "the run `\(id)` is \(state); this needs it \(expected)"
    case .unknownRound(let id, let round, let count):
      "the run `\(id)` has no round \(round); \(count) are done, from 0 on"
    case .unknownSample(let id, let sample):
      "the pool of the run `\(id)` has no sample `\(sample.prefix(160))`"
    case .missingFirst(let expected): "the first request of the stream must carry \(expected)"
    case .unexpected(let part): "\(part) may be in the first request of the stream only"
    case .classNames(let reason): reason
    case .countsDiffer(let what, let count, let rowCount):
      "\(count) \(what) for \(rowCount) rows"
    case .duplicateID(let role, let id):
      "the id `\(id.prefix(160))` appears twice among the \(role) rows"
    case .notFinite(let row, let column, let place):
      "the feature at row \(row), column \(column) of \(place) is NaN or infinite"
    case .dimensions(let expected, let actual):
      "rows of \(actual) dimensions after rows of \(expected)"
    case .outOfRange(let name, let value, let range): "\(name) is \(value), not in \(range)"
    case .beyondLimit(let what, let value, let limit):
      "\(value) \(what) are more than the limit of \(limit)"
    case .tensor(let error): "\(error)"
    case .data(let failure): failure.words
    case .headDigest(let expected, let actual):
      "the head has the digest \(actual), not \(expected) as it says"
    case .storage(.diskFull): "the disk or the database is full: nothing was changed (disk full)"
    case .storage(.busy): "the database is busy: try again"
    case .storage: "the state cannot be read or written; see the daemon's log"
    case .damaged(let id, let reason):
      "what is stored of the run `\(id)` is damaged (\(reason)): remove it and run it again"
    case .compute(let error): "\(error)"
    }
  }
}

extension SelfTrainingData.Failure {
  /// The failure in words.
  fileprivate var words: String {
    switch self {
    case .noLabels: "there is no labelled row"
    case .oneClassOnly(let name):
      "all labels are of the class `\(name)`: at least two classes need labels"
    case .classWithoutLabel(let name): "no labelled row is of the class `\(name)`"
    case .labelOutOfRange(let label, let row, let count):
      "the label \(label) of labelled row \(row) is not below the \(count) classes"
    case .noUnlabelledRows: "there is no unlabelled row to learn from"
    case .dimensionsDiffer(let labelled, let unlabelled):
      "labelled rows have \(labelled) dimensions and unlabelled ones \(unlabelled)"
    case .notFinite(let isLabelled, let row, let column):
      "the feature at \(isLabelled ? "labelled" : "unlabelled") row \(row), column \(column) is "
        + "NaN or infinite"
    }
  }
}

/// Runs `body` and wraps what the database refuses.
func stored<Result>(_ body: () async throws(StorageError) -> Result) async throws -> Result {
  do {
    return try await body()
  } catch {
    throw TeacherServiceError.storage(error)
  }
}
