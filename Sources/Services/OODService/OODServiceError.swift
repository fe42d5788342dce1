package import OODDetection
package import TTRPC

/// What the service refuses, besides what the engine does.
package enum OODServiceError: Error, Equatable {
  /// The name of a detector is empty, too long or has other characters than are allowed.
  case invalidName(String)
  /// There is no detector of this name; the names that exist.
  case unknownDetector(name: String, known: [String])
  /// The stored state of a detector cannot be read any more.
  case damaged(name: String, StateError)
  /// Another call replaced the detector while this one worked on it.
  case replaced(name: String)
  /// The stream does not begin with what it must begin with.
  case missingFirst(expected: String)
  /// A part of the stream appears where it must not.
  case unexpected(part: String)
  /// Some chunks for fitting carry labels and others do not.
  case labelsInSomeChunks(row: Int)
  /// The head has another number of class names than of weight rows.
  case headClasses(names: Int, rows: Int)
  /// The head is not the one that its digest names.
  case headDigest(expected: String, actual: String)
  /// A number is out of its range.
  case outOfRange(name: String, value: Double, range: String)
  /// The reservation would pass the memory budget.
  case outOfMemory(purpose: String, bytes: Int, usedBytes: Int, bytesMax: Int)
  /// More rows were sent than are taken.
  case tooManyRows(limit: Int)
}

extension OODServiceError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .invalidName(let name):
      "the detector name `\(name.prefix(160))` is not 1 to 128 letters, digits, `-`, `_` or `.`"
    case .unknownDetector(let name, let known):
      "no detector `\(name.prefix(160))`; there "
        + (known.isEmpty
          ? "is none: fit one first"
          : "are: \(known.prefix(50).joined(separator: ", "))\(known.count > 50 ? ", …" : "")")
    case .damaged(let name, let cause):
      "the stored state of `\(name)` is damaged (\(cause)): fit it again or import it"
    case .replaced(let name):
      "`\(name)` was replaced while this call worked on it: call again"
    case .missingFirst(let expected): "the first request of the stream must carry \(expected)"
    case .unexpected(let part): "\(part) may be in the first request of the stream only"
    case .labelsInSomeChunks(let row):
      "labels must come with every row to fit or with none; it changes at row \(row)"
    case .headClasses(let names, let rows):
      "the head has \(names) class names for \(rows) rows of weights"
    case .headDigest(let expected, let actual):
      "the head's digest is \(actual), not \(expected.prefix(80))"
    case .outOfRange(let name, let value, let range): "\(name) is \(value), not in \(range)"
    case .outOfMemory(let purpose, let bytes, let used, let limit):
      "\(purpose) needs \(bytes) bytes more than the \(used) in use; the budget memory.bytes is "
        + "\(limit)"
    case .tooManyRows(let limit): "more than \(limit) rows"
    }
  }
}

extension OODServiceError: RPCErrorConvertible {
  package var rpcError: RPCError {
    let code: RPCCode =
      switch self {
      case .unknownDetector: .notFound
      case .damaged: .dataLoss
      case .replaced: .aborted
      case .outOfMemory, .tooManyRows: .resourceExhausted
      case .invalidName, .missingFirst, .unexpected, .labelsInSomeChunks, .outOfRange,
        .headClasses, .headDigest:
        .invalidArgument
      }
    return RPCError(code: code, message: description, cause: self)
  }
}
