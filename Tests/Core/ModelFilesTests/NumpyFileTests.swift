import Files
import ModelFiles
import Tensors
import TestSupport
import Testing

@Suite struct NumpyFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func array(_ dictionary: String, data: [UInt8] = [], version: UInt8 = 1) -> [UInt8] {
    let length = dictionary.utf8.count
    let lengthBytes =
      version == 1
      ? [UInt8(length & 255), UInt8(length >> 8)]
      : [UInt8(length & 255), UInt8(length >> 8), 0, 0]
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + lengthBytes + Array(dictionary.utf8) + data
  }

  private func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  private func open(_ bytes: [UInt8]) throws -> NumpyFile {
    try NumpyFile(path: try folder.write("a.npy", bytes))
  }

  @Test func `what was written is read back, bit for bit`() throws {
    var generator = SplitMix64(seed: 3)
    let matrix = Matrix(rowCount: 7, columnCount: 5, elements: generator.normals(35))
    try matrix.writeNumpy(to: folder.file("m.npy"))
    let file = try NumpyFile(path: folder.file("m.npy"))
    #expect(file.shape == [7, 5])
    #expect(file.matrix() == matrix)
    #expect(try folder.names() == ["m.npy"])
  }

  @Test func `rows appended in pieces equal rows written at once`() throws {
    var generator = SplitMix64(seed: 4)
    let matrix = Matrix(rowCount: 6, columnCount: 3, elements: generator.normals(18))
    var writer = try NumpyWriter(path: folder.file("m.npy"), columnCount: 3)
    try writer.append(matrix.selecting(rows: [0, 1]))
    try writer.append(matrix.selecting(rows: []))
    try writer.append(matrix.selecting(rows: [2, 3, 4, 5]))
    try writer.commit()
    #expect(try NumpyFile(path: folder.file("m.npy")).matrix() == matrix)
  }

  @Test func `every type is converted`() throws {
    let shape = "'fortran_order': False, 'shape': (2,)}"
    let cases: [(String, [UInt8])] = [
      ("<f2", bytes([Float16(1), -2])), ("<f4", bytes([Float(1), -2])),
      ("<f8", bytes([Double(1), -2])), ("|i1", bytes([Int8(1), -2])),
      ("<i2", bytes([Int16(1), -2])), ("<i4", bytes([Int32(1), -2])),
      ("<i8", bytes([Int64(1), -2])),
    ]
    for (name, data) in cases {
      let file = try open(array("{'descr': '\(name)', " + shape, data: data))
      #expect(file.matrix().elements == [1, -2], "\(name)")
      #expect(file.doubleMatrix().elements == [1, -2], "\(name)")
      if name.contains("i") { #expect(try file.integers() == [1, -2], "\(name)") }
    }
    let truth = try open(array("{'descr': '|b1', " + shape, data: [1, 0]))
    #expect(try truth.integers() == [1, 0])
  }

  @Test func `Fortran order reads as the same matrix`() throws {
    let file = try open(
      array(
        "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }",
        data: bytes([1, 4, 2, 5, 3, 6] as [Int32])))
    #expect(file.matrix().elements == [1, 2, 3, 4, 5, 6])
  }

  @Test func `versions 2 and 3 of the format are read`() throws {
    for version: UInt8 in [2, 3] {
      let file = try open(
        array(
          "{'shape': (1, 2), 'descr': \"<f4\", 'fortran_order': False}\n",
          data: bytes([Float(5), 6]), version: version))
      #expect(file.matrix().elements == [5, 6])
    }
  }

  @Test func `a scalar and an empty array are read`() throws {
    let scalar = try open(
      array("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", data: bytes([Float(5)])))
    #expect(scalar.matrix().elements == [5])
    let empty = try open(array("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3)}"))
    #expect(empty.matrix().rowCount == 0 && empty.matrix().columnCount == 3)
  }

  @Test func `a hostile header is refused with its value and limit`() throws {
    func dictionary(_ type: String, _ shape: String) -> [UInt8] {
      array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape)}")
    }
    let huge = "(4611686018427387904, 4)"
    let cases: [([UInt8], NumpyError)] = [
      ([], .notNumpy), (Array("PK\u{3}\u{4} is not it".utf8), .notNumpy),
      (array("{}", version: 9), .unsupportedVersion(major: 9, minor: 0)),
      (dictionary("|O", "(1,)"), .unsupportedType("|O")),
      (dictionary(">f4", "(1,)"), .unsupportedType(">f4")),
      (dictionary("<f4", "(3,)"), .dataBytes(0, expected: 12)),
      (dictionary("<f4", huge), .shape([4_611_686_018_427_387_904, 4])),
      (
        dictionary("<f4", "(0, 4294967296, 4294967296)"),
        .shape([0, 4_294_967_296, 4_294_967_296])
      ),
      (dictionary("<f4", "(1,1,1,1,1,1,1,1,1)"), .dimensions(9, limit: 8)),
      (dictionary("<f4", "(99999999999999999999,)"), .malformedHeader(offset: 61)),
      (dictionary("<f4", "(-1,)"), .malformedHeader(offset: 61)),
      (array("{'descr': '<f4'"), .malformedHeader(offset: 25)),
      (array("{'x': 1}"), .malformedHeader(offset: 11)),
      (Array(dictionary("<f4", "(1,)").prefix(30)), .headerBytes(55, limit: 20)),
    ]
    for (bytes, expected) in cases {
      #expect(throws: expected, "\(expected)") { try open(bytes) }
    }
  }

  @Test func `no cut of a file is read as an array`() throws {
    let whole = array(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", data: bytes([Float(1), 2]))
    for count in 0..<whole.count {
      #expect(throws: NumpyError.self, "\(count) bytes") { try open(Array(whole.prefix(count))) }
    }
  }

  @Test func `a missing file is named`() {
    let path = folder.file("none.npy")
    #expect(throws: NumpyError.file(.notFound(path: path))) { try NumpyFile(path: path) }
  }

  @Test(.enabled(if: SharedData.isAvailable, "\(SharedData.reason)"))
  func `arrays written by NumPy are read`() throws {
    let embeddings = try SharedData.numpy("reference/minilm/embeddings.npy").matrix()
    #expect(embeddings.rowCount == 298 && embeddings.columnCount == 384)
    let norm = embeddings.row(0).reduce(0) { $0 + $1 * $1 }
    #expect(abs(norm - 1) < 1e-5)
    let labels = try SharedData.numpy("reference/clinc150/clinc150_test_y.npy").integers()
    #expect(Set(labels).count == 150)
    let head = try SharedData.numpy("reference/clinc150/clinc150_lr_head_C1.npz", member: "W")
    #expect(head.shape == [150, 384])
  }
}
