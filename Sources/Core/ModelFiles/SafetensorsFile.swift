package import Files
private import FoundationEssentials
package import Tensors

/// A safetensors file, mapped into memory, with every length and offset checked.
///
/// The file is an eight-byte little-endian header length, a JSON header and the tensors' bytes
/// without gaps. Nothing is read but the header until a tensor is asked for. Source: the format
/// description of the safetensors project, Hugging Face, 2022.
package struct SafetensorsFile: Sendable {
  /// The most bytes a header may have.
  package static let headerBytesMax = 16 << 20
  /// The most tensors a file may hold.
  package static let tensorCountMax = 100_000
  /// The most dimensions a tensor may have.
  package static let dimensionCountMax = 8

  /// One tensor of the file.
  package struct Entry: Sendable, Equatable {
    /// The type of an element.
    package let type: TensorScalarType
    /// The extents, outermost first.
    package let shape: [Int]
    /// The tensor's bytes, counted from the start of the file.
    package let range: Range<Int>
  }

  /// The tensors by name.
  package let entries: [String: Entry]
  /// The text metadata of the header.
  package let metadata: [String: String]
  private let file: MappedFile

  /// Maps the file at `path` and checks its header.
  package init(path: String) throws(SafetensorsError) {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: path)
    } catch {
      throw .file(error)
    }
    try self.init(file)
  }

  /// Checks the header of `file`.
  package init(_ file: MappedFile) throws(SafetensorsError) {
    let (headerCount, header) = try file.withUnsafeBytes { bytes throws(SafetensorsError) in
      try Self.header(of: bytes)
    }
    let start = 8 + headerCount
    guard header.tensors.count <= Self.tensorCountMax else {
      throw .tensorCount(header.tensors.count, limit: Self.tensorCountMax)
    }
    var entries: [String: Entry] = [:]
    for (name, tensor) in header.tensors {
      entries[name] = try Self.entry(name, tensor, start: start, dataBytes: file.count - start)
    }
    try Self.checkCoverage(entries, range: start..<file.count)
    self.entries = entries
    metadata = header.metadata
    self.file = file
  }

  /// The float32 tensor `name`, whose shape must be `shape`, as a matrix `[shape[0], rest]`.
  ///
  /// A vector becomes one row. Float32 is not copied: the matrix keeps the mapping alive. Float16
  /// and bfloat16 are widened into new memory.
  package func matrix(_ name: String, shape: [Int]) throws(SafetensorsError) -> Matrix<Float> {
    guard let entry = entries[name] else { throw .missingTensor(name) }
    guard entry.shape == shape else {
      throw .unexpectedShape(tensor: name, shape: entry.shape, expected: shape)
    }
    let columnCount = shape.last ?? 1
    let rowCount = shape.dropLast().reduce(1, *)
    return try file.withUnsafeBytes { bytes throws(SafetensorsError) in
      let data = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
      switch entry.type {
      case .float32 where UInt(bitPattern: data.baseAddress) % 4 == 0:
        return Matrix(
          rowCount: rowCount, columnCount: columnCount,
          adopting: data.bindMemory(to: Float.self), owner: file)
      case .float32, .float16, .bfloat16:
        return Matrix(rowCount: rowCount, columnCount: columnCount) { elements in
          for index in elements.indices { elements[index] = Self.float(data, index, entry.type) }
        }
      default: throw .unexpectedType(tensor: name, type: entry.type)
      }
    }
  }

  /// Gives the pages of the file back to the system; tensors stay valid and are read again.
  package func releasePages() { file.releasePages() }

  /// The one tensor of the file, as a matrix; for files that carry a single array.
  package func onlyMatrix() throws(SafetensorsError) -> Matrix<Float> {
    guard entries.count == 1, let (name, entry) = entries.first else {
      throw .tensorCount(entries.count, limit: 1)
    }
    return try matrix(name, shape: entry.shape)
  }

  private static func float(
    _ data: UnsafeRawBufferPointer, _ index: Int, _ type: TensorScalarType
  ) -> Float {
    switch type {
    case .float16: Float(data.loadUnaligned(fromByteOffset: index * 2, as: Float16.self))
    case .bfloat16:
      Float(
        bitPattern: UInt32(data.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)) << 16)
    default: data.loadUnaligned(fromByteOffset: index * 4, as: Float.self)
    }
  }
}

// MARK: - Reading the header

extension SafetensorsFile {
  private struct Header: Decodable {
    var tensors: [String: Tensor] = [:]
    var metadata: [String: String] = [:]

    struct Tensor: Decodable {
      let dtype: String
      let shape: [UInt64]
      let data_offsets: [UInt64]
    }

    struct Name: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }

      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for key in container.allKeys {
        if key.stringValue == "__metadata__" {
          metadata = try container.decode([String: String].self, forKey: key)
        } else {
          tensors[key.stringValue] = try container.decode(Tensor.self, forKey: key)
        }
      }
    }
  }

  private static func header(
    of bytes: UnsafeRawBufferPointer
  ) throws(SafetensorsError) -> (count: Int, Header) {
    guard bytes.count >= 8 else { throw .fileBytes(bytes.count, minimum: 8) }
    let claimed = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    let limit = min(headerBytesMax, bytes.count - 8)
    guard claimed <= UInt64(limit) else { throw .headerBytes(claimed, limit: limit) }
    let count = Int(claimed)
    do {
      return (count, try JSONDecoder().decode(Header.self, from: Data(bytes[8..<8 + count])))
    } catch {
      throw .malformedHeader(jsonFailure(error))
    }
  }

  private static func entry(
    _ name: String, _ tensor: Header.Tensor, start: Int, dataBytes: Int
  ) throws(SafetensorsError) -> Entry {
    guard let type = TensorScalarType(rawValue: tensor.dtype) else {
      throw .unknownType(tensor: name, type: tensor.dtype)
    }
    guard tensor.shape.count <= dimensionCountMax else {
      throw .dimensions(tensor: name, count: tensor.shape.count, limit: dimensionCountMax)
    }
    guard tensor.data_offsets.count == 2 else {
      throw .malformedHeader("data_offsets of \(name) has \(tensor.data_offsets.count) numbers")
    }
    let (begin, end) = (tensor.data_offsets[0], tensor.data_offsets[1])
    guard begin <= end, end <= UInt64(dataBytes) else {
      throw .offsets(tensor: name, begin: begin, end: end, dataBytes: dataBytes)
    }
    let shape = tensor.shape.compactMap { Int(exactly: $0) }
    guard shape.count == tensor.shape.count,
      let expected = byteCount(ofShape: shape, elementBytes: type.byteCount)
    else {
      throw .shape(tensor: name, shape: tensor.shape)
    }
    guard Int(end - begin) == expected else {
      throw .tensorBytes(tensor: name, bytes: Int(end - begin), expected: expected)
    }
    return Entry(type: type, shape: shape, range: start + Int(begin)..<start + Int(end))
  }

  private static func checkCoverage(
    _ entries: [String: Entry], range: Range<Int>
  ) throws(SafetensorsError) {
    var expected = range.lowerBound
    let ordered = entries.sorted {
      ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
        < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
    }
    for (name, entry) in ordered {
      guard entry.range.lowerBound == expected else {
        throw .gapOrOverlap(
          tensor: name, begin: entry.range.lowerBound - range.lowerBound,
          expected: expected - range.lowerBound)
      }
      expected = entry.range.upperBound
    }
    guard expected == range.upperBound else { throw .trailingBytes(range.upperBound - expected) }
  }
}
