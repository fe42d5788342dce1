internal import AutodidactClient
internal import Daemon
package import Judging
internal import Methods
package import Storage
package import TTRPC

/// What the service refuses.
package enum JudgeServiceError: Error {
  /// A name is empty, too long or has other characters than are allowed.
  case invalidName(what: String, String)
  /// There is no judge of this name, or not of this version.
  case unknownJudge(String, version: Int, newest: Int?)
  /// There is no run of this id.
  case unknownRun(String)
  /// There is no score of this id.
  case unknownScore(String)
  /// There is no certificate of this id.
  case unknownCertificate(String)
  /// The run belongs to another judge or another policy.
  case otherRun(String, what: String)
  /// The run has another item under the same id.
  case otherItem(String, runID: String)
  /// The stream does not begin with what it must begin with.
  case missingFirst(expected: String)
  /// A part of the stream appears where it must not.
  case unexpected(part: String)
  /// An id appears twice.
  case duplicateID(String)
  /// A parameter is out of its range.
  case outOfRange(name: String, value: String, range: String)
  /// A limit of the daemon would be passed.
  case beyondLimit(what: String, value: Int, limit: Int)
  /// The method is in the schema, but not in this version of the suite.
  case methodNotThere(String)
  /// No method was given.
  case noMethod
  /// The judge cannot be fitted.
  case fit(JudgeFitError)
  /// The scores cannot be calibrated.
  case calibration(CalibrationError)
  /// No labelled item has a score.
  case noScores(unscoredCount: Int, errorCount: Int)
  /// A labelled item has no label.
  case noLabel(itemID: String)
  /// A daemon that the judge asks failed.
  case upstream(daemon: String, code: RPCCode, message: String)
  /// Scoring stopped; what is stored stays.
  case interrupted(runID: String, storedCount: Int, cause: any Error)
  /// A model is not the one that the judge was fitted with.
  case otherModel(daemon: String, expected: String, actual: String)
  /// An answer of another daemon does not fit to its request.
  case malformedAnswer(daemon: String, reason: String)
  /// The database refused.
  case storage(StorageError)
  /// What is stored cannot be read any more.
  case damaged(what: String, reason: String)
}

extension JudgeServiceError: RPCErrorConvertible {
  /// The status for the caller.
  package var rpcError: RPCError { RPCError(code: code, message: description, cause: self) }

  private var code: RPCCode {
    switch self {
    case .unknownJudge, .unknownRun, .unknownScore, .unknownCertificate: .notFound
    case .otherRun, .otherItem, .otherModel, .calibration, .noScores: .failedPrecondition
    case .beyondLimit: .resourceExhausted
    case .methodNotThere: .unimplemented
    case .upstream(_, let code, _): code
    case .interrupted(_, _, let cause):
      (cause as? any RPCErrorConvertible)?.rpcError.code ?? .internal
    case .malformedAnswer: .internal
    case .damaged: .dataLoss
    case .storage(.diskFull): .resourceExhausted
    case .storage(.busy): .unavailable
    case .storage: .internal
    default: .invalidArgument
    }
  }
}

extension JudgeServiceError: CustomStringConvertible {
  /// What is wrong, naming the value and its limit, without paths of this machine.
  package var description: String {
    switch self {
    case .invalidName(let what, let name):
      "the \(what) `\(name.prefix(160))` is not 1 to 128 letters, digits, `-`, `_` or `.`"
    case .unknownJudge(let name, let version, let newest):
      if let newest {
        "the judge `\(name.prefix(160))` has no version \(version); its newest is \(newest)"
      } else {
        "there is no judge `\(name.prefix(160))`; `autodidact judge fit` makes one"
      }
    case .unknownRun(let id): "there is no run `\(id.prefix(160))`"
    case .unknownScore(let id): "there is no score `\(id.prefix(160))`"
    case .unknownCertificate(let id): "there is no certificate `\(id.prefix(160))`"
    case .otherRun(let id, let what): "the run `\(id)` exists with another \(what): take another id"
    case .otherItem(let item, let run):
      "the run `\(run)` has another item `\(item.prefix(160))`; scores never change: take another "
        + "id"
    case .missingFirst(let expected): "the first request of the stream must carry \(expected)"
    case .unexpected(let part): "\(part) may be in the first request of the stream only"
    case .duplicateID(let id): "the id `\(id.prefix(160))` appears twice"
    case .outOfRange(let name, let value, let range): "\(name) is \(value), not in \(range)"
    case .beyondLimit(let what, let value, let limit):
      "\(value) \(what) are more than the limit of \(limit)"
    case .methodNotThere(let id): "the method `\(id)` is not in this version of the suite"
    case .noMethod: "the header names no method"
    case .fit(let error): error.words
    case .calibration(let error): "\(error)"
    case .noScores(let unscored, let errors):
      "no labelled item has a score: \(unscored) are unscored, on \(errors) judging failed"
    case .noLabel(let id): "the item `\(id.prefix(160))` has no label in 0...1"
    case .upstream(let daemon, _, let message): "autodidact-\(daemon) failed: \(message)"
    case .interrupted(let run, let count, let cause):
      "\(words(cause)); \(count) scores of this request are stored in the run `\(run)`: send it "
        + "again with this run to go on"
    case .otherModel(let daemon, let expected, let actual):
      "autodidact-\(daemon) uses another model (\(actual.prefix(12))…) than the one that the judge "
        + "was fitted with (\(expected.prefix(12))…): fit the judge again"
    case .malformedAnswer(let daemon, let reason): "autodidact-\(daemon) answered \(reason)"
    case .storage(.diskFull): "the disk or the database is full: nothing was changed (disk full)"
    case .storage(.busy): "the database is busy: try again"
    case .storage: "the state cannot be read or written; see the daemon's log"
    case .damaged(let what, let reason): "\(what) is damaged: \(reason)"
    }
  }

  private func words(_ cause: any Error) -> String {
    (cause as? any RPCErrorConvertible)?.rpcError.message ?? "scoring failed"
  }
}

extension JudgeFitError {
  /// The failure in words.
  fileprivate var words: String {
    switch self {
    case .parameter(let violation):
      "\(violation.name) is \(violation.value), not in \(violation.range)"
    case .pattern(let error): "\(error)"
    case .tooFewAnswers(let count, let required):
      "\(count) answers with a score to fit on; \(required) are needed"
    case .constant(let feature): "\(feature) is the same for all answers: it tells nothing"
    case .state(let method, let count): "\(count) numbers are no state of the method `\(method)`"
    }
  }
}
