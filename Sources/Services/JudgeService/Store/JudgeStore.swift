internal import Digests
internal import Messages
internal import Storage

/// The judges, scores, certificates and decisions in the judge's database.
package struct JudgeStore: Sendable {
  private let database: StateDatabase

  /// Opens the store in `folder`; `bytesMax` bounds it, nil means as large as the device allows.
  package init(folder: String, bytesMax: Int? = nil) throws {
    database = try StateDatabase(
      path: folder + "/judge.sqlite", migrations: JudgeSchema.migrations, bytesMax: bytesMax)
  }

  /// Closes the database, at the end of the process.
  func close() throws(StorageError) { try database.close() }

  /// Runs `body` as one transaction, which is on the device when this returns.
  func write<Result: Sendable>(
    _ body: @escaping @Sendable (StorageTransaction) throws(StorageError) -> Result
  ) async throws(JudgeServiceError) -> Result {
    do throws(StorageError) {
      return try await database.write(body)
    } catch {
      throw .storage(error)
    }
  }

  /// The rows that a query gives.
  func select(
    _ query: String, _ arguments: [StorageValue] = []
  ) async throws(JudgeServiceError) -> [StorageRow] {
    do throws(StorageError) {
      return try await database.read { transaction throws(StorageError) in
        try transaction.rows(query, arguments)
      }
    } catch {
      throw .storage(error)
    }
  }
}

/// The message that stored bytes hold.
func stored<Message: WireMessage>(
  _: Message.Type, _ bytes: [UInt8]?, what: String
) throws(JudgeServiceError) -> Message {
  do throws(MessageError) {
    return try Message.decoded(from: bytes ?? [])
  } catch {
    throw .damaged(what: what, reason: "\(error)")
  }
}

/// The doubles in stored bytes, little-endian.
func storedDoubles(_ bytes: [UInt8]?, what: String) throws(JudgeServiceError) -> [Double] {
  guard let bytes, bytes.count % 8 == 0 else {
    throw .damaged(what: what, reason: "\(bytes?.count ?? 0) bytes are no list of numbers")
  }
  return stride(from: 0, to: bytes.count, by: 8).map { start in
    var bits: UInt64 = 0
    for offset in 0..<8 { bits |= UInt64(bytes[start + offset]) << UInt64(8 * offset) }
    return Double(bitPattern: bits)
  }
}

/// Doubles as bytes, little-endian.
func bytes(of doubles: [Double]) -> [UInt8] {
  doubles.flatMap { value in
    let bits = value.bitPattern
    return (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) }
  }
}

/// SHA-256 of byte strings, each with its length before it, in hexadecimal.
func digestOfParts(_ parts: [UInt8]...) -> String {
  var hash = SHA256()
  for part in parts {
    withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
    hash.update(data: part)
  }
  return hash.finalize().hexadecimal
}

/// SHA-256 of a text's UTF-8 in hexadecimal.
func digestOfText(_ text: String) -> String {
  SHA256.hash(data: Array(text.utf8)).hexadecimal
}
