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
}
