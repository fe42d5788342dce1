/// A value in a column of a row.
package enum StorageValue: Sendable, Equatable {
  /// No value.
  case null
  /// An integer.
  case integer(Int64)
  /// A number.
  case real(Double)
  /// A text without NUL characters.
  case text(String)
  /// Bytes.
  case blob([UInt8])

  /// An integer.
  package static func integer(_ value: Int) -> StorageValue { .integer(Int64(value)) }
}

/// A row of a result, by the number of its column.
package struct StorageRow: Sendable, Equatable {
  /// The values in the order of the columns.
  package let values: [StorageValue]

  /// The integer in a column; nil for any other kind of value.
  package func integer(_ column: Int) -> Int? {
    guard case .integer(let value) = values[column] else { return nil }
    return Int(value)
  }

  /// The number in a column; nil for any other kind of value.
  package func real(_ column: Int) -> Double? {
    guard case .real(let value) = values[column] else { return nil }
    return value
  }

  /// The text in a column; nil for any other kind of value.
  package func text(_ column: Int) -> String? {
    guard case .text(let value) = values[column] else { return nil }
    return value
  }

  /// The bytes in a column; nil for any other kind of value.
  package func blob(_ column: Int) -> [UInt8]? {
    guard case .blob(let value) = values[column] else { return nil }
    return value
  }
}
