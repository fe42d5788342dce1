import Foundation
import TestSupport
import Testing

@testable import Pipelines

@Suite struct SafetensorsFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private let file = SafetensorsFile(
    arrays: [
      "weights": .init(shape: [2, 3], floats: [1, 2, 3, 4, 5, 6]),
      "bias": .init(shape: [2], floats: [-1, 0.5]),
    ],
    metadata: ["classes": "[\"a\",\"b\"]"])

  @Test func `what was written is read back`() throws {
    let read = try SafetensorsFile(path: try folder.write("h.safetensors", file.bytes))
    #expect(read.arrays == file.arrays)
    #expect(read.metadata == file.metadata)
    #expect(read.bytes == file.bytes)
  }

  @Test func `arrays start at a multiple of eight bytes`() {
    let length = file.bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    #expect(length % 8 == 0)
  }

  @Test func `every cut of a file is refused`() throws {
    let bytes = file.bytes
    for count in 0..<bytes.count {
      let path = try folder.write("cut.safetensors", Array(bytes[..<count]))
      #expect(throws: SafetensorsFile.Failure.self, "\(count) bytes") {
        _ = try SafetensorsFile(path: path)
      }
    }
  }

  @Test(arguments: [
    #"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,-9223372036854775808]}}"#,
    #"{"a":{"dtype":"F32","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}"#,
    #"{"a":{"dtype":"I8","shape":[4],"data_offsets":[0,4]}}"#,
    #"{"a":3}"#, "[]",
  ])
  func `headers that do not fit are refused`(header: String) throws {
    var bytes = withUnsafeBytes(of: UInt64(header.utf8.count)) { Array($0) }
    bytes += Array(header.utf8) + [0, 0, 0, 0]
    let path = try folder.write("bad.safetensors", bytes)
    #expect(throws: SafetensorsFile.Failure.self) { _ = try SafetensorsFile(path: path) }
  }
}
