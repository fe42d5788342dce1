package import Files

/// What can be wrong with a file of samples, with the file, the line and the offending value.
package enum InputError: Error, Equatable {
  /// A place in a file.
  package struct Place: Sendable, Equatable, CustomStringConvertible {
    /// The file's path as the caller gave it.
    package let path: String
    /// The line, counted from 1.
    package let line: Int

    /// The place as compilers write it.
    package var description: String { "\(path):\(line)" }
  }

  /// The file could not be opened or read.
  case file(FileError)
  /// The file starts as a gzip file but does not go on as one.
  case gzip(path: String, reason: String)
  /// The file has no line with a sample.
  case empty(path: String)
  /// A line is longer than the limit.
  case lineTooLong(Place, limit: Int)
  /// A line is not UTF-8; the offset of the first wrong byte in the line.
  case notUTF8(Place, offset: Int)
  /// A line is not a JSON value.
  case notJSON(Place, reason: String)
  /// A line is JSON, but not an object.
  case notObject(Place, found: String)
  /// An object lacks a field; the fields that it has.
  case fieldMissing(Place, field: String, present: [String])
  /// A field has another type than needed.
  case wrongType(Place, field: String, expected: String, found: String)
  /// A field that must hold something is empty.
  case emptyField(Place, field: String)
  /// A name holds U+0000, which no name may.
  case nullCharacter(Place, field: String)
  /// A field holds something that cannot be used.
  case invalid(Place, field: String, reason: String)
  /// Two rows of one file have the same id.
  case duplicateID(Place, id: String, firstLine: Int)
}

extension InputError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): error.description
    case .gzip(let path, let reason): "\(path): the gzip data is damaged: \(reason)"
    case .empty(let path): "\(path): the file is empty; one JSON object a line is needed"
    case .lineTooLong(let place, let limit):
      "\(place): the line is longer than the limit of \(limit) bytes"
    case .notUTF8(let place, let offset): "\(place): byte \(offset) of the line is not valid UTF-8"
    case .notJSON(let place, let reason): "\(place): not JSON: \(reason)"
    case .notObject(let place, let found): "\(place): \(found) where a JSON object is needed"
    case .fieldMissing(let place, let field, let present):
      "\(place): there is no field “\(field)”; \(Self.words(for: present))"
    case .wrongType(let place, let field, let expected, let found):
      "\(place): field “\(field)” is \(found), not \(expected)"
    case .emptyField(let place, let field): "\(place): field “\(field)” is empty"
    case .nullCharacter(let place, let field):
      "\(place): field “\(field)” holds the character U+0000"
    case .invalid(let place, let field, let reason): "\(place): field “\(field)” \(reason)"
    case .duplicateID(let place, let id, let firstLine):
      "\(place): the id “\(id)” is that of line \(firstLine) too"
    }
  }

  private static func words(for fields: [String]) -> String {
    guard !fields.isEmpty else { return "the object has no fields" }
    let shown = fields.sorted().prefix(10).map { "“\($0)”" }.joined(separator: ", ")
    let rest = fields.count > 10 ? " and \(fields.count - 10) more" : ""
    return "the object has \(shown)\(rest)"
  }
}
