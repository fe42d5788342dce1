import Foundation
import TTRPC

extension Autodidact {
  /// What this command's calls are logged under: AUTODIDACT_TRACE_ID, or 16 random digits.
  static let traceID = traceID(environment: ProcessInfo.processInfo.environment)

  static func traceID(environment: [String: String]) -> String {
    let given = environment["AUTODIDACT_TRACE_ID"] ?? ""
    if !given.isEmpty { return String(given.prefix(TraceID.characterCountMax)) }
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
