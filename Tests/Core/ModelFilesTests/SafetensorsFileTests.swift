import Files
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func file(_ header: String, data: Int = 0, claimed: UInt64? = nil) throws
    -> SafetensorsFile
  {
    let length = claimed ?? UInt64(header.utf8.count)
    let bytes =
      withUnsafeBytes(of: length) { Array($0) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
    return try SafetensorsFile(path: try folder.write("a.safetensors", bytes))
  }

  @Test func `what was written is read back, bit for bit`() throws {
    var generator = SplitMix64(seed: 5)
    let weights = Matrix(rowCount: 3, columnCount: 4, elements: generator.normals(12))
    let bias = Matrix(rowCount: 1, columnCount: 3, elements: generator.normals(3))
    let path = folder.file("a.safetensors")
    try SafetensorsFile.write(
      ["w": weights, "b": bias], metadata: ["format": "head"], to: path)
    let file = try SafetensorsFile(path: path)
    #expect(try file.matrix("w", shape: [3, 4]) == weights)
    #expect(try file.matrix("b", shape: [1, 3]) == bias)
    #expect(file.metadata == ["format": "head"])
  }

  @Test func `half precision is widened`() throws {
    let header =
      #"{"h":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"#
      + #""b":{"dtype":"BF16","shape":[1],"data_offsets":[2,4]}}"#
    let bytes =
      withUnsafeBytes(of: UInt64(header.utf8.count)) { Array($0) } + Array(header.utf8)
      + [0x00, 0x3e, 0xc0, 0x3f]
    let file = try SafetensorsFile(path: try folder.write("a.safetensors", bytes))
    #expect(try file.matrix("h", shape: [1]).elements == [1.5])
    #expect(try file.matrix("b", shape: [1]).elements == [1.5])
  }

  @Test func `a hostile header is refused with its value and limit`() throws {
    func entry(_ type: String, _ shape: String, _ offsets: String) -> String {
      #"{"t":{"dtype":"\#(type)","shape":[\#(shape)],"data_offsets":[\#(offsets)]}}"#
    }
    let huge = "4294967296,4294967296"
    let cases: [(header: String, data: Int, SafetensorsError)] = [
      ("{", 0, .malformedHeader("the top level is not valid")),
      (#"{"t":{"dtype":"F32"}}"#, 0, .malformedHeader(#"t has no "shape""#)),
      (entry("F31", "1", "0,4"), 4, .unknownType(tensor: "t", type: "F31")),
      (entry("F32", "2", "0,4"), 4, .tensorBytes(tensor: "t", bytes: 4, expected: 8)),
      (
        entry("F32", huge, "0,4"), 4,
        .shape(tensor: "t", shape: [4_294_967_296, 4_294_967_296])
      ),
      (
        entry("F32", "0,18446744073709551615", "0,0"), 0,
        .shape(tensor: "t", shape: [0, .max])
      ),
      (entry("U8", "0,18446744073709551615", "0,0"), 0, .shape(tensor: "t", shape: [0, .max])),
      (
        entry("F32", "0,4294967296,4294967296", "0,0"), 0,
        .shape(tensor: "t", shape: [0, 4_294_967_296, 4_294_967_296])
      ),
      (entry("F32", "1", "4,0"), 4, .offsets(tensor: "t", begin: 4, end: 0, dataBytes: 4)),
      (entry("F32", "1", "0,8"), 4, .offsets(tensor: "t", begin: 0, end: 8, dataBytes: 4)),
      (entry("F32", "1", "4,8"), 8, .gapOrOverlap(tensor: "t", begin: 4, expected: 0)),
      (entry("F32", "1", "0,4"), 9, .trailingBytes(5)),
      (
        entry("F32", "1,1,1,1,1,1,1,1,1", "0,4"), 4,
        .dimensions(tensor: "t", count: 9, limit: 8)
      ),
    ]
    for (header, data, expected) in cases {
      #expect(throws: expected, "\(header)") { try file(header, data: data) }
    }
    #expect(throws: SafetensorsError.headerBytes(.max, limit: 2)) {
      try file("{}", claimed: .max)
    }
    #expect(throws: SafetensorsError.malformedHeader("t has the wrong type")) {
      try file(#"{"t":7}"#)
    }
    #expect(throws: SafetensorsError.self) { try file(entry("F32", "-1", "0,4"), data: 4) }
    #expect(throws: SafetensorsError.self) {
      try file(String(repeating: #"{"a":"#, count: 10_000))
    }
  }

  @Test func `a tensor of another shape or type is refused`() throws {
    let file = try file(
      #"{"t":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}"#, data: 16)
    #expect(throws: SafetensorsError.missingTensor("w")) { try file.matrix("w", shape: [2]) }
    #expect(
      throws: SafetensorsError.unexpectedShape(tensor: "t", shape: [2], expected: [3])
    ) { try file.matrix("t", shape: [3]) }
    #expect(throws: SafetensorsError.unexpectedType(tensor: "t", type: .int64)) {
      try file.matrix("t", shape: [2])
    }
  }

  @Test func `no cut and no flipped byte of a file makes it crash`() throws {
    let path = folder.file("whole")
    try SafetensorsFile.write(
      ["w": Matrix(rowCount: 1, columnCount: 2, elements: [1, 2])], to: path)
    let whole = try MappedFile(path: path).withUnsafeBytes { Array($0) }
    for count in 0..<whole.count {
      let cut = try folder.write("cut", Array(whole.prefix(count)))
      #expect(throws: SafetensorsError.self, "\(count) bytes") { try SafetensorsFile(path: cut) }
    }
    for index in 0..<whole.count - 8 {
      var changed = whole
      changed[index] ^= 0x5a
      do {
        _ = try SafetensorsFile(path: try folder.write("flip", changed))
      } catch {
        #expect(error is SafetensorsError, "byte \(index): \(error)")
      }
    }
  }
}
