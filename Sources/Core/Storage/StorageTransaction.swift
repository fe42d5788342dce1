private import Foundation
internal import GRDB

/// The statements of one transaction: all of them take effect, or none.
package struct StorageTransaction {
  private let connection: GRDB.Database
  private let path: String

  init(_ connection: GRDB.Database, path: String) {
    self.connection = connection
    self.path = path
  }

  /// Runs a statement; `?` in it stand for `arguments`, one each.
  package func execute(
    _ statement: String, _ arguments: [StorageValue] = []
  ) throws(StorageError) {
    do {
      let prepared = try connection.cachedStatement(sql: statement)
      try prepared.execute(arguments: StatementArguments(arguments.map { $0.databaseValue }))
    } catch {
      throw StorageError(error, path: path)
    }
  }

  /// The rows that a query gives.
  package func rows(
    _ query: String, _ arguments: [StorageValue] = []
  ) throws(StorageError) -> [StorageRow] {
    do {
      let prepared = try connection.cachedStatement(sql: query)
      let found = try Row.fetchAll(
        prepared, arguments: StatementArguments(arguments.map { $0.databaseValue }))
      return found.map { row in
        StorageRow(values: row.databaseValues.map { StorageValue($0) })
      }
    } catch {
      throw StorageError(error, path: path)
    }
  }

  /// The number of rows that the last statement changed.
  package var changedRowCount: Int { connection.changesCount }
}

extension StorageValue {
  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .integer(let value): value.databaseValue
    case .real(let value): value.databaseValue
    case .text(let value): value.databaseValue
    case .blob(let value): Data(value).databaseValue
    }
  }

  fileprivate init(_ value: DatabaseValue) {
    switch value.storage {
    case .null: self = .null
    case .int64(let value): self = .integer(value)
    case .double(let value): self = .real(value)
    case .string(let value): self = .text(value)
    case .blob(let value): self = .blob([UInt8](value))
    }
  }
}
