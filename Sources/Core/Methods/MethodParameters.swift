/// The settings of one method: a value with defaults that knows which of its values are wrong.
package protocol MethodParameters: Codable, Sendable, Equatable {
  /// Creates the defaults, which are valid.
  init()

  /// The first setting that is out of its range, or nil where all are good.
  var violation: ParameterViolation? { get }
}

/// A setting that is out of its range.
package struct ParameterViolation: Error, Equatable {
  /// The setting's name on the wire.
  package let name: String
  /// The value that was given, as text.
  package let value: String
  /// The range that it must be in, as text.
  package let range: String

  /// Creates a violation.
  package init(name: String, value: String, range: String) {
    self.name = name
    self.value = value
    self.range = range
  }
}
