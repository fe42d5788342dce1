package import Files
private import FoundationEssentials
package import Tensors

extension SafetensorsFile {
  /// Writes float32 matrices to a safetensors file at `path`, which appears whole or not at all.
  ///
  /// The tensors stand in the order of their names, at offsets that are multiples of four.
  package static func write(
    _ tensors: [String: Matrix<Float>], metadata: [String: String] = [:], to path: String,
    calls: FileCalls = .system
  ) throws(SafetensorsError) {
    var header: [String: HeaderField] = [:]
    if !metadata.isEmpty { header["__metadata__"] = .metadata(metadata) }
    var offset = 0
    let ordered = tensors.sorted { $0.key < $1.key }
    for (name, matrix) in ordered {
      precondition(name != "__metadata__", "a tensor has the name \(name)")
      header[name] = .tensor(
        shape: [matrix.rowCount, matrix.columnCount], begin: offset, end: offset + 4 * matrix.count)
      offset += 4 * matrix.count
    }
    var bytes: [UInt8]
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      bytes = Array(try encoder.encode(header))
    } catch {
      throw .malformedHeader("the header cannot be encoded: \(error)")
    }
    bytes += repeatElement(UInt8(ascii: " "), count: (8 - bytes.count % 8) % 8)
    do throws(FileError) {
      var file = try AtomicFile(path: path, calls: calls)
      try file.append(withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) })
      try file.append(bytes)
      for (_, matrix) in ordered {
        try matrix.withUnsafeBufferPointer { elements throws(FileError) in
          try file.append(UnsafeRawBufferPointer(elements))
        }
      }
      try file.commit()
    } catch {
      throw .file(error)
    }
  }

  private enum HeaderField: Encodable {
    case metadata([String: String])
    case tensor(shape: [Int], begin: Int, end: Int)

    private enum Key: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .metadata(let texts): try texts.encode(to: encoder)
      case .tensor(let shape, let begin, let end):
        var container = encoder.container(keyedBy: Key.self)
        try container.encode("F32", forKey: .dtype)
        try container.encode(shape, forKey: .shape)
        try container.encode([begin, end], forKey: .offsets)
      }
    }
  }
}
