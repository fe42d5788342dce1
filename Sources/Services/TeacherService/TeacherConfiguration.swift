package import Daemon

/// What the service may use, besides what every daemon has.
package struct TeacherConfiguration: Sendable {
  /// The most bytes of the features of one run or fit.
  package var memoryBytesMax = 2 << 30
  /// The most rows of one run or fit.
  package var rowCountMax = 1_000_000
  /// The most bytes of the database; nil means as large as the device allows.
  package var databaseBytesMax: Int?

  /// The most bytes of an id or a class name, so that a message of rows stays below 4 MiB.
  static let nameBytesMax = 256
  /// The most weights of a head, `classes · dimensions`, so that it fits into a message.
  static let weightCountMax = 900_000

  /// Creates the defaults.
  package init() {}

  /// Checks that a head of this shape fits into a message.
  static func checkHead(classCount: Int, dimensions: Int) throws(TeacherServiceError) {
    guard classCount * dimensions <= weightCountMax else {
      throw .beyondLimit(
        what: "weights of a head (\(classCount) classes, \(dimensions) dimensions)",
        value: classCount * dimensions, limit: weightCountMax)
    }
  }

  static let memoryBytes = ConfigurationKey(
    "memory.bytes", "Features of one run or fit, 1048576 bytes to 1 TiB.", fallback: "2147483648")
  static let rowCount = ConfigurationKey(
    "rows.max", "Rows of one run or fit, 10 to 100000000.", fallback: "1000000")
  static let databaseBytes = ConfigurationKey(
    "database.bytes", "Size of the database, 1048576 bytes to 16 TiB; 0: no limit.",
    fallback: "0")

  /// The service's own keys.
  package static let keys: [ConfigurationKey] = [memoryBytes, rowCount, databaseBytes]

  /// Reads the service's own keys.
  package init(settings: ConfigurationReader) throws(ConfigurationError) {
    memoryBytesMax =
      try settings.integer(Self.memoryBytes, in: 1 << 20...1 << 40) ?? memoryBytesMax
    rowCountMax = try settings.integer(Self.rowCount, in: 10...100_000_000) ?? rowCountMax
    let bytes = try settings.integer(Self.databaseBytes, in: 0...1 << 44) ?? 0
    databaseBytesMax = bytes == 0 ? nil : bytes
  }
}
