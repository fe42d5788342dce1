private import Digests
import Files

/// A GGUF file of version 2 or 3, mapped into memory, with every length and offset checked.
///
/// The file is a header (magic, version, counts), typed metadata, a table of tensors and, from the
/// next multiple of the alignment on, the tensors' bytes. Opening reads all but those bytes. Cost:
/// one pass over the metadata and memory for the names. Source: the format description of the ggml
/// project, 2023 to 2025. Deviations: arrays of arrays and big-endian files are refused.
package final class GGUFFile: Sendable {
  /// The versions of the format that are read.
  package static let versions: ClosedRange<UInt32> = 2...3
  /// The most tensors a file may have.
  package static let tensorCountMax: UInt64 = 100_000
  /// The most bytes a tensor's name may have.
  package static let nameBytesMax: UInt64 = 1_024
  /// The most dimensions a tensor may have.
  package static let dimensionCountMax: UInt32 = 4
  /// The largest alignment of tensors.
  package static let alignmentMax = 1 << 20

  /// The version of the format.
  package let version: UInt32
  /// The typed values by key.
  package let metadata: GGUFMetadata
  /// The tensors, in the order of the file's table.
  package let tensors: [GGUFTensor]
  private let indices: [String: Int]
  private let file: MappedFile

  /// Maps the file at `path` and checks its header.
  package init(path: String) throws(GGUFError) {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: path)
    } catch {
      throw .file(error)
    }
    let header = try file.withUnsafeBytes { bytes throws(GGUFError) in
      try GGUFHeader(file, bytes)
    }
    self.file = file
    version = header.version
    metadata = header.metadata
    tensors = header.tensors
    indices = header.indices
  }

  /// The path that the file was opened by.
  package var path: String { file.path }

  /// The size of the file.
  package var byteCount: Int { file.count }

  /// The SHA-256 of the file in hexadecimal.
  ///
  /// Cost: reads the whole file each time.
  package var digest: String { file.withUnsafeBytes { SHA256.hash(data: $0).hexadecimal } }

  /// Whether there is a tensor of that name.
  package func contains(tensor name: String) -> Bool { indices[name] != nil }

  /// The tensor of that name, whose type must be supported.
  package func tensor(named name: String) throws(GGUFError) -> GGUFTensor {
    guard let index = indices[name] else { throw .missingTensor(name) }
    let tensor = tensors[index]
    guard tensor.type.block != nil else {
      throw .unsupportedType(tensor: name, type: tensor.type)
    }
    return tensor
  }

  /// Calls `body` with the bytes of a tensor of this file.
  ///
  /// The pointer is valid inside `body`, and as long as the file is referenced. It starts at a
  /// multiple of the file's alignment.
  package func withBytes<Result, Failure: Error>(
    of tensor: GGUFTensor, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(
      tensor.byteRange.upperBound <= file.count, "tensor \(tensor.name) is of another file")
    return try file.withUnsafeBytes { bytes throws(Failure) in
      try body(UnsafeRawBufferPointer(rebasing: bytes[tensor.byteRange]))
    }
  }

  /// Gives the pages of the file back to the system; tensors stay valid and are read again.
  package func releasePages() { file.releasePages() }
}

/// What is read when a file is opened.
private struct GGUFHeader {
  let version: UInt32
  let metadata: GGUFMetadata
  let tensors: [GGUFTensor]
  private(set) var indices: [String: Int] = [:]

  private struct Entry {
    let name: String
    let type: GGUFTensorType
    let shape: [Int]
    let byteCount: Int
    let offset: UInt64
  }

  init(_ file: MappedFile, _ bytes: UnsafeRawBufferPointer) throws(GGUFError) {
    var cursor = GGUFCursor(bytes)
    let magic = bytes[try cursor.skip(4, "the magic number")]
    guard magic.elementsEqual("GGUF".utf8) else { throw .magic(Array(magic)) }
    version = try cursor.number(UInt32.self, "the version")
    guard GGUFFile.versions.contains(version) else {
      if GGUFFile.versions.contains(version.byteSwapped) { throw .bigEndian }
      throw .version(version, supported: GGUFFile.versions)
    }
    let tensorCount = try Self.count("the tensor count", GGUFFile.tensorCountMax, &cursor)
    let keyCount = try Self.count("the metadata count", GGUFMetadata.keyCountMax, &cursor)
    metadata = try GGUFMetadata(file, count: keyCount, cursor: &cursor)
    let alignment = try Self.alignment(metadata)
    var entries: [Entry] = []
    for index in 0..<tensorCount {
      let entry = try Self.entry(index, &cursor)
      guard indices.updateValue(Int(index), forKey: entry.name) == nil else {
        throw .duplicate(field: "tensor", name: entry.name)
      }
      entries.append(entry)
    }
    let start = (cursor.offset + alignment - 1) & ~(alignment - 1)
    tensors = try Self.placed(
      entries, start: min(start, bytes.count), end: bytes.count, alignment: alignment)
  }

  private static func count(
    _ field: String, _ limit: UInt64, _ cursor: inout GGUFCursor
  ) throws(GGUFError) -> UInt64 {
    let count = try cursor.number(UInt64.self, field)
    guard count <= limit else { throw .limit(field: field, value: count, limit: limit) }
    return count
  }

  private static func alignment(_ metadata: GGUFMetadata) throws(GGUFError) -> Int {
    guard metadata.contains("general.alignment") else { return 32 }
    let alignment = try metadata.integer("general.alignment")
    guard alignment > 0, alignment <= GGUFFile.alignmentMax, alignment & (alignment - 1) == 0
    else { throw .alignment(alignment, limit: GGUFFile.alignmentMax) }
    return alignment
  }

  private static func entry(
    _ index: UInt64, _ cursor: inout GGUFCursor
  ) throws(GGUFError) -> Entry {
    let name = try cursor.name(limit: GGUFFile.nameBytesMax, "the name of tensor \(index)")
    let count = try cursor.number(UInt32.self, "the dimension count of tensor \(name)")
    guard (1...GGUFFile.dimensionCountMax).contains(count) else {
      throw .dimensions(tensor: name, count: count, limit: GGUFFile.dimensionCountMax)
    }
    var extents: [UInt64] = []
    for _ in 0..<count {
      extents.append(try cursor.number(UInt64.self, "the shape of tensor \(name)"))
    }
    let type = GGUFTensorType(number: try cursor.number(UInt32.self, "the type of tensor \(name)"))
    let offset = try cursor.number(UInt64.self, "the offset of tensor \(name)")
    guard let (shape, byteCount) = size(extents, type) else {
      throw .shape(tensor: name, shape: extents.reversed(), type: type)
    }
    return Entry(name: name, type: type, shape: shape, byteCount: byteCount, offset: offset)
  }

  /// The shape, outermost first, and the bytes of a tensor; nil where there can be no such tensor.
  private static func size(
    _ extents: [UInt64], _ type: GGUFTensorType
  ) -> (shape: [Int], byteCount: Int)? {
    var elementCount = 1
    var shape: [Int] = []
    for extent in extents {
      guard let extent = Int(exactly: extent), extent > 0 else { return nil }
      let (product, overflow) = elementCount.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      elementCount = product
      shape.insert(extent, at: 0)
    }
    guard let block = type.block else { return (shape, 0) }
    guard let columnCount = shape.last, columnCount % block.elementCount == 0 else { return nil }
    let (byteCount, overflow) = (elementCount / block.elementCount)
      .multipliedReportingOverflow(by: block.byteCount)
    return overflow ? nil : (shape, byteCount)
  }

  private static func placed(
    _ entries: [Entry], start: Int, end: Int, alignment: Int
  ) throws(GGUFError) -> [GGUFTensor] {
    var tensors: [GGUFTensor] = []
    for entry in entries {
      guard entry.offset % UInt64(alignment) == 0 else {
        throw .misaligned(tensor: entry.name, offset: entry.offset, alignment: alignment)
      }
      guard entry.offset <= UInt64(end - start), entry.byteCount <= end - start - Int(entry.offset)
      else {
        throw .outside(
          tensor: entry.name, offset: entry.offset, bytes: entry.byteCount, dataBytes: end - start)
      }
      let first = start + Int(entry.offset)
      tensors.append(
        GGUFTensor(
          name: entry.name, type: entry.type, shape: entry.shape,
          byteRange: first..<first + entry.byteCount))
    }
    let ordered = tensors.filter { !$0.byteRange.isEmpty }.sorted {
      $0.byteRange.lowerBound < $1.byteRange.lowerBound
    }
    for (tensor, next) in zip(ordered, ordered.dropFirst())
    where next.byteRange.lowerBound < tensor.byteRange.upperBound {
      throw .overlap(tensor: next.name, other: tensor.name)
    }
    return tensors
  }
}
