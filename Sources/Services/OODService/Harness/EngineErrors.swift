internal import Methods
package import OODDetection
package import Statistics
package import TTRPC

// The one place that maps what engine and modules refuse to a status.

extension FitError: CustomStringConvertible, RPCErrorConvertible {
  package var description: String {
    switch self {
    case .noRows(let part): "there is no \(part.rawValue) row"
    case .features(let part, let error): "\(part.rawValue) features: \(error)"
    case .labelCount(let labels, let rows): "\(labels) labels for \(rows) rows"
    case .headShape(let classes, let dimensions, let biases, let expected):
      "the head has weights [\(classes), \(dimensions)] and \(biases) biases for features of "
        + "\(expected) dimensions"
    case .headNotFinite:
      "the head has a weight or bias that is not finite, or a temperature that is not above 0"
    case .missing(let method, let need):
      "the method `\(method)` needs \(need.words), which the request does not have"
    case .parameter(let violation):
      "\(violation.name) is \(violation.value), not in \(violation.range)"
    case .tooFewRows(let count, let required):
      "\(count) rows to fit on, but k asks for \(required)"
    case .tooFewClasses(let count, let required):
      "\(count) classes, but the method needs \(required)"
    case .zeroCovariance: "all rows of each class are equal: the covariance is zero"
    case .eigensolver(let info): "the eigensolver did not converge (\(info))"
    }
  }

  package var rpcError: RPCError {
    switch self {
    case .eigensolver: RPCError(code: .internal, message: description, cause: self)
    default: RPCError(code: .invalidArgument, message: description, cause: self)
    }
  }
}

extension MethodNeed {
  fileprivate var words: String {
    switch self {
    case .features: "features"
    case .labels: "labels"
    case .head: "a head"
    case .heldOut: "held-out features"
    case .unlabelled: "unlabelled features"
    case .reference: "references"
    case .samples: "samples"
    case .logProbabilities: "log-probabilities"
    case .encoder: "an encoder"
    }
  }
}

extension FeatureError: CustomStringConvertible, RPCErrorConvertible {
  package var description: String {
    switch self {
    case .notFinite(let row, let column):
      "the element at row \(row), column \(column) is NaN or infinite"
    case .tooLarge(let row, let column, let value):
      "the element at row \(row), column \(column) is \(value); the magnitude limit is "
        + "\(FeatureLimits.magnitudeMax)"
    case .dimensions(let expected, let actual):
      "rows of \(actual) dimensions, not \(expected)"
    }
  }

  package var rpcError: RPCError {
    RPCError(code: .invalidArgument, message: description, cause: self)
  }
}

extension ConformalThreshold.Failure: CustomStringConvertible, RPCErrorConvertible {
  package var description: String {
    switch self {
    case .outOfRange(let name, let value):
      "\(name) is \(value), not between 0 and 1 (rates from "
        + "\(ConformalThreshold.falseAlarmRateMin))"
    case .tooFewScores(let count, let required):
      "\(count) held-out rows are too few for this false-alarm rate; it takes \(required)"
    case .notANumber(let index): "the score of held-out row \(index) is NaN"
    }
  }

  package var rpcError: RPCError {
    RPCError(code: .invalidArgument, message: description, cause: self)
  }
}

extension DetectionMetrics.Failure: CustomStringConvertible, RPCErrorConvertible {
  package var description: String {
    switch self {
    case .empty(let inside, let outside):
      "\(inside) in-distribution and \(outside) out-of-distribution rows; both kinds are needed"
    case .notANumber(let index): "score \(index) is NaN"
    }
  }

  package var rpcError: RPCError {
    RPCError(code: .invalidArgument, message: description, cause: self)
  }
}

extension StateError: CustomStringConvertible, RPCErrorConvertible {
  package var description: String {
    switch self {
    case .truncated(let offset, let needed, let available):
      "at byte \(offset) \(needed) are needed and \(available) are left"
    case .notAState: "not the state of a detector"
    case .unsupportedVersion(let found, let supported):
      "state of version \(found); this program reads \(supported)"
    case .checksumMismatch: "the checksum does not match"
    case .unknownMethod(let id): "state of the unknown method `\(id.prefix(64))`"
    case .inconsistent(let part): "inconsistent: \(part.prefix(64))"
    case .trailingBytes(let count): "\(count) bytes after the end"
    }
  }

  package var rpcError: RPCError {
    RPCError(code: .invalidArgument, message: description, cause: self)
  }
}
