/// A step of a schema's history, applied once; steps are appended and never changed.
package struct StorageMigration: Sendable, Equatable {
  /// The step's name, which the database remembers.
  package let name: String
  /// The statements, separated by semicolons.
  package let statements: String

  /// Creates a step.
  package init(_ name: String, _ statements: String) {
    self.name = name
    self.statements = statements
  }
}
