/// What ties the calls of one piece of work together in the logs of all daemons.
///
/// Calls that a task makes while ``current`` is set carry it as metadata `trace-id`, unless their
/// options have one. A server sets it for the handler of a call that came with one, so the calls
/// that a handler makes are logged under it as well.
///
/// ```swift
/// try await TraceID.$current.withValue("nightly-2041") {
///   try await suite.encoder.encode(request)
/// }
/// ```
public enum TraceID {
  /// The id of this task and its child tasks; nil sends none.
  @TaskLocal public static var current: String?

  /// The key under which it travels.
  public static let metadataKey = "trace-id"
  /// Characters of it that a server takes.
  public static let characterCountMax = 128

  /// A given id as a server takes it; nil where none is given.
  package static func taken(_ given: String?) -> String? {
    guard let given, !given.isEmpty else { return nil }
    return String(given.prefix(characterCountMax))
  }

  /// 16 digits.
  package static func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
