private import Files
package import ModelFiles

private import Foundation

/// The folder of reference data beside the project, which tests read and never copy from.
///
/// It is the value of `AUTODIDACT_SHARED`, else `../shared` beside the repository. Tests that need
/// it carry `.enabled(if: SharedData.isAvailable, "\(SharedData.reason)")`.
package enum SharedData {
  /// The folder's path, whether it exists or not.
  package static let folder: String =
    ProcessInfo.processInfo.environment["AUTODIDACT_SHARED"] ?? defaultFolder

  /// Whether the folder with the reference outputs exists.
  package static let isAvailable = FileManager.default.fileExists(atPath: path("reference"))

  /// What a skipped test says.
  package static let reason =
    "needs the reference data (AUTODIDACT_SHARED or ../shared)"

  /// The path of a file below the folder.
  package static func path(_ relative: String) -> String { folder + "/" + relative }

  /// An array of the reference data, for example `numpy("reference/minilm/embeddings.npy")`.
  package static func numpy(_ relative: String) throws -> NumpyFile {
    try NumpyFile(path: path(relative))
  }

  /// The array `member` (without `.npy`) of an uncompressed `.npz` file of the reference data.
  package static func numpy(_ relative: String, member: String) throws -> NumpyFile {
    let file = try MappedFile(path: path(relative))
    return try NumpyFile(file, range: try storedRange(of: member + ".npy", in: file))
  }

  private static let defaultFolder: String = {
    var repository = URL(filePath: #filePath)
    for _ in 0..<3 { repository.deleteLastPathComponent() }
    return repository.deletingLastPathComponent().appending(path: "shared").path()
  }()
}

/// What can be wrong with an archive of arrays.
package enum ArchiveError: Error {
  /// No member of that name is stored without compression.
  case missingMember(String)
}

/// The bytes of a member that a ZIP archive stores without compression.
private func storedRange(of name: String, in file: MappedFile) throws -> Range<Int> {
  try file.withUnsafeBytes { bytes throws in
    var offset = 0
    func number<Value: FixedWidthInteger>(_ type: Value.Type, at position: Int) -> Int {
      Int(bytes.loadUnaligned(fromByteOffset: position, as: type))
    }
    while offset + 30 <= bytes.count, number(UInt32.self, at: offset) == 0x0403_4b50 {
      let nameCount = number(UInt16.self, at: offset + 26)
      let start = offset + 30 + nameCount + number(UInt16.self, at: offset + 28)
      var count = number(UInt32.self, at: offset + 18)
      // A size of all ones is in the extra field: tag, length, original size, stored size.
      if count == 0xffff_ffff { count = number(UInt64.self, at: offset + 30 + nameCount + 12) }
      let memberName = String(
        decoding: bytes[offset + 30..<offset + 30 + nameCount], as: UTF8.self)
      if memberName == name, number(UInt16.self, at: offset + 8) == 0 {
        return start..<start + count
      }
      offset = start + count
    }
    throw ArchiveError.missingMember(name)
  }
}
