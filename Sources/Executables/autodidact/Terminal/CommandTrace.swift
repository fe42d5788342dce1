import Foundation
import TTRPC

extension Autodidact {
  /// What this command's calls are logged under: AUTODIDACT_TRACE_ID, or 16 random digits.
  static let traceID = traceID(environment: ProcessInfo.processInfo.environment)

  static func traceID(environment: [String: String]) -> String {
    TraceID.taken(environment["AUTODIDACT_TRACE_ID"])
      ?? TraceID.hexadecimal(.random(in: .min ... .max))
  }
}
