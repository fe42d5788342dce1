package import Files
import FoundationEssentials

/// Float32 arrays in a file of Hugging Face's safetensors format.
///
/// Source: the format's description in the repository of the safetensors library: eight bytes with
/// the length of a JSON header, the header, and the arrays.
package struct SafetensorsFile: Sendable {
  /// One array.
  package struct Array: Sendable, Equatable {
    /// The extents, outermost first.
    package var shape: [Int]
    /// The elements, row-major.
    package var floats: [Float]

    /// Creates an array.
    package init(shape: [Int], floats: [Float]) {
      precondition(shape.reduce(1, *) == floats.count, "\(floats.count) elements for \(shape)")
      self.shape = shape
      self.floats = floats
    }
  }

  /// Why a file is not one that is read here.
  package enum Failure: Error, Equatable {
    /// The file could not be read or written.
    case file(FileError)
    /// The bytes are not those of the format.
    case malformed(path: String, reason: String)
  }

  static let headerBytesMax = 16 << 20

  /// The arrays by name.
  package var arrays: [String: Array]
  /// What the file says about itself.
  package var metadata: [String: String]

  /// Arrays to be written.
  package init(arrays: [String: Array], metadata: [String: String]) {
    self.arrays = arrays
    self.metadata = metadata
  }

  /// The bytes of the file; the same arrays give the same bytes.
  package var bytes: [UInt8] {
    var entries: [String: SafetensorsHeader.Entry] = [:]
    var offset = 0
    let names = arrays.keys.sorted()
    for name in names {
      guard let array = arrays[name] else { continue }
      let end = offset + array.floats.count * 4
      entries[name] = .init(dtype: "F32", shape: array.shape, offsets: [offset, end])
      offset = end
    }
    var bytes = SafetensorsHeader(metadata: metadata, entries: entries).bytes
    bytes.reserveCapacity(bytes.count + offset)
    for name in names {
      arrays[name]?.floats.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// Reads the file at `path`.
  package init(path: String) throws(Failure) {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: path)
    } catch {
      throw .file(error)
    }
    self = try file.withUnsafeBytes { bytes throws(Failure) in
      try SafetensorsFile(parsing: bytes, path: path)
    }
  }

  private init(parsing bytes: UnsafeRawBufferPointer, path: String) throws(Failure) {
    let (header, start) = try Self.header(of: bytes, path: path)
    metadata = header.metadata
    arrays = [:]
    for (name, entry) in header.entries {
      guard entry.dtype == "F32", Self.fits(entry, byteCount: bytes.count - start) else {
        throw .malformed(path: path, reason: "array “\(name)” does not fit the file")
      }
      let count = (entry.offsets[1] - entry.offsets[0]) / 4
      let floats = (0..<count).map {
        bytes.loadUnaligned(fromByteOffset: start + entry.offsets[0] + $0 * 4, as: Float.self)
      }
      arrays[name] = Array(shape: entry.shape, floats: floats)
    }
  }

  /// The header at the start of `bytes`, and where the arrays begin.
  static func header(
    of bytes: UnsafeRawBufferPointer, path: String
  ) throws(Failure) -> (header: SafetensorsHeader, start: Int) {
    guard bytes.count >= 8 else { throw .malformed(path: path, reason: "\(bytes.count) bytes") }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(min(headerBytesMax, bytes.count - 8)) else {
      throw .malformed(path: path, reason: "a header of \(length) bytes")
    }
    let start = 8 + Int(length)
    do {
      let json = Data(UnsafeRawBufferPointer(rebasing: bytes[8..<start]))
      return (try JSONDecoder().decode(SafetensorsHeader.self, from: json), start)
    } catch {
      throw .malformed(path: path, reason: "its header is not the JSON of the format")
    }
  }

  /// Whether the bytes of a float32 array are there and as many as its shape says.
  static func fits(_ entry: SafetensorsHeader.Entry, byteCount: Int) -> Bool {
    guard entry.offsets.count == 2,
      let needed = Files.byteCount(ofShape: entry.shape, elementBytes: MemoryLayout<Float>.size)
    else { return false }
    let (start, end) = (entry.offsets[0], entry.offsets[1])
    return 0 <= start && start <= end && end <= byteCount && end - start == needed
  }
}

/// The JSON header of a safetensors file.
struct SafetensorsHeader: Codable {
  /// Where one array is.
  struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }

    init?(stringValue: String) { self.init(stringValue) }

    init?(intValue: Int) { nil }
  }

  var metadata: [String: String]
  var entries: [String: Entry]

  init(metadata: [String: String], entries: [String: Entry]) {
    self.metadata = metadata
    self.entries = entries
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Name.self)
    metadata =
      try container.decodeIfPresent([String: String].self, forKey: Name("__metadata__")) ?? [:]
    entries = [:]
    for key in container.allKeys where key.stringValue != "__metadata__" {
      entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    if !metadata.isEmpty { try container.encode(metadata, forKey: Name("__metadata__")) }
    for (name, entry) in entries { try container.encode(entry, forKey: Name(name)) }
  }

  /// The length and the header, padded with spaces to a multiple of eight and to at least
  /// `byteCountMin` bytes.
  func bytes(byteCountMin: Int) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json: Data
    do {
      json = try encoder.encode(self)
    } catch {
      preconditionFailure("a header of strings and numbers was not encoded: \(error)")
    }
    let length = max(byteCountMin, (json.count + 15) / 8 * 8) - 8
    return withUnsafeBytes(of: UInt64(length).littleEndian) { Array($0) } + Array(json)
      + Array(repeating: UInt8(ascii: " "), count: length - json.count)
  }

  var bytes: [UInt8] { bytes(byteCountMin: 0) }
}
