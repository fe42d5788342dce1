import Files
import ModelFiles
import TestSupport
import Testing

@Suite struct GGUFFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func open(_ bytes: [UInt8]) throws -> GGUFFile {
    try GGUFFile(path: try folder.write("a.gguf", bytes))
  }

  private func small() -> GGUFBuilder {
    var builder = GGUFBuilder()
    builder.set("general.architecture", .string("llama"))
    builder.set("a.count", .uint32(7))
    builder.set("a.eps", .float32(1e-5))
    builder.set("a.flag", .boolean(true))
    builder.set("a.tokens", .strings(["a", "Ġb", ""]))
    builder.set("a.types", .int32s([1, -3]))
    builder.set("a.scores", .float32s([0.5, -2]))
    builder.add(tensor: "w", shape: [2, 3], [1, 2, 3, 4, 5, 6])
    builder.add(tensor: "q", .q4_0, shape: [1, 32], bytes: [UInt8](0..<18))
    return builder
  }

  @Test(arguments: [UInt32(2), 3], [8, 32, 4_096])
  func `what was written is read back`(version: UInt32, alignment: Int) throws {
    var builder = small()
    builder.version = version
    builder.alignment = alignment
    let file = try open(builder.bytes())
    let metadata = file.metadata
    #expect(file.version == version)
    #expect(try metadata.string("general.architecture") == "llama")
    #expect(try metadata.integer("a.count") == 7)
    #expect(try metadata.float("a.eps") == Double(Float(1e-5)))
    #expect(try metadata.float("a.count") == 7)
    #expect(try metadata.boolean("a.flag"))
    #expect(try metadata.strings("a.tokens") == ["a", "Ġb", ""])
    #expect(try metadata.integers("a.types") == [1, -3])
    #expect(try metadata.floats("a.scores") == [0.5, -2])
    #expect(try metadata.floats("a.types") == [1, -3])
    #expect(try metadata.elementCount("a.tokens") == 3)
    #expect(metadata.contains("a.flag") && !metadata.contains("a.flags"))
    let weights = try file.tensor(named: "w")
    #expect(weights.type == .f32 && weights.shape == [2, 3])
    file.withBytes(of: weights) { bytes in
      #expect(UInt(bitPattern: bytes.baseAddress) % UInt(alignment) == 0)
      #expect(Array(bytes.bindMemory(to: Float.self)) == [1, 2, 3, 4, 5, 6])
    }
    let quantised = try file.tensor(named: "q")
    #expect(quantised.elementCount == 32)
    #expect(file.withBytes(of: quantised) { Array($0) } == [UInt8](0..<18))
    #expect(file.tensors.map { $0.name } == ["w", "q"])
    #expect(file.contains(tensor: "q") && !file.contains(tensor: "r"))
  }

  @Test func `a value that is missing or of another type is named`() throws {
    let metadata = try open(small().bytes()).metadata
    #expect(throws: GGUFError.missingKey("b")) { try metadata.string("b") }
    #expect(
      throws: GGUFError.unexpectedValue(
        key: "a.count", expected: "a text", actual: "the integer 7")
    ) { try metadata.string("a.count") }
    #expect(
      throws: GGUFError.unexpectedValue(
        key: "a.scores", expected: "an array of integers",
        actual: "an array of 2 values of type float32")
    ) { try metadata.integers("a.scores") }
    #expect(
      throws: GGUFError.unexpectedValue(
        key: "a.tokens", expected: "an integer", actual: "an array of 3 values of type text")
    ) { try metadata.integer("a.tokens") }
    #expect(throws: GGUFError.self) { try metadata.boolean("a.count") }
    #expect(throws: GGUFError.self) { try metadata.float("a.flag") }
    #expect(throws: GGUFError.self) { try metadata.strings("a.types") }
    #expect(throws: GGUFError.self) { try metadata.elementCount("a.flag") }
    var builder = GGUFBuilder()
    builder.set("n", .uint64(.max))
    let large = try open(builder.bytes()).metadata
    #expect(throws: GGUFError.self) { try large.integer("n") }
  }

  @Test func `an unsupported type is refused with tensor and type, where it is used`() throws {
    var builder = small()
    builder.add(tensor: "k", .other(12), shape: [1, 256], bytes: [UInt8](repeating: 0, count: 144))
    let file = try open(builder.bytes())
    #expect(throws: GGUFError.unsupportedType(tensor: "k", type: .other(12))) {
      try file.tensor(named: "k")
    }
    #expect(throws: GGUFError.missingTensor("z")) { try file.tensor(named: "z") }
    let error = GGUFError.unsupportedType(tensor: "k", type: .other(12))
    #expect(
      "\(error)" == "tensor k has the type Q4_K, which is not supported; supported are "
        + "F32, F16, BF16, Q4_0, Q4_1, Q8_0")
  }

  @Test func `a hostile header is refused with its field and limit`() throws {
    let good = small().bytes()
    func patched(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
      var copy = good
      copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      return copy
    }
    let all = [UInt8](repeating: 0xff, count: 8)
    let cases: [([UInt8], GGUFError)] = [
      (patched(0, [0x47, 0x47, 0x4d, 0x4c]), .magic([0x47, 0x47, 0x4d, 0x4c])),
      (patched(4, [1, 0, 0, 0]), .version(1, supported: 2...3)),
      (patched(4, [0, 0, 0, 3]), .bigEndian),
      (patched(8, all), .limit(field: "the tensor count", value: .max, limit: 100_000)),
      (patched(16, all), .limit(field: "the metadata count", value: .max, limit: 65_536)),
      (
        patched(24, all),
        .limit(field: "the length of metadata key 0", value: .max, limit: 65_535)
      ),
      (patched(52, [99]), .unknownValueType(key: "general.architecture", type: 99)),
      (
        patched(56, all),
        .truncated(
          field: "general.architecture", offset: 64, needed: .max, remaining: good.count - 64)
      ),
    ]
    for (bytes, expected) in cases {
      #expect(throws: expected) { try open(bytes) }
    }
    #expect(throws: GGUFError.file(.notFound(path: folder.file("none")))) {
      try GGUFFile(path: folder.file("none"))
    }
  }

  @Test func `hostile arrays, names and tensors are refused`() throws {
    func error(_ change: (inout GGUFBuilder) -> Void) -> GGUFError? {
      var builder = GGUFBuilder()
      change(&builder)
      return #expect(throws: GGUFError.self) { try open(builder.bytes()) }
    }
    let four = [UInt8](repeating: 0, count: 4)
    #expect(
      error {
        $0.set("a", .uint8(1))
        $0.set("a", .uint8(1))
      } == .duplicate(field: "metadata key", name: "a"))
    #expect(
      error {
        $0.add(tensor: "t", .f32, shape: [1], bytes: four)
        $0.add(tensor: "t", .f32, shape: [1], bytes: four)
      } == .duplicate(field: "tensor", name: "t"))
    #expect(
      error { $0.add(tensor: "t", .f32, shape: [1, 1, 1, 1, 1], bytes: four) }
        == .dimensions(tensor: "t", count: 5, limit: 4))
    #expect(
      error { $0.add(tensor: "t", .f32, shape: [], bytes: []) }
        == .dimensions(tensor: "t", count: 0, limit: 4))
    #expect(
      error { $0.add(tensor: "t", .q8_0, shape: [1, 33], bytes: four) }
        == .shape(tensor: "t", shape: [1, 33], type: .q8_0))
    #expect(
      error { $0.add(tensor: "t", .f32, shape: [0], bytes: []) }
        == .shape(tensor: "t", shape: [0], type: .f32))
    #expect(
      error { $0.add(tensor: "t", .f32, shape: [1 << 40, 1 << 40], bytes: four) }
        == .shape(tensor: "t", shape: [1 << 40, 1 << 40], type: .f32))
    #expect(
      error { $0.add(tensor: "t", .f32, shape: [1 << 61], bytes: four) }
        == .shape(tensor: "t", shape: [1 << 61], type: .f32))
    #expect(
      error { $0.add(tensor: "t", .f32, shape: [2], bytes: four) }
        == .outside(tensor: "t", offset: 0, bytes: 8, dataBytes: 4))
    #expect(
      error { $0.set("general.alignment", .uint32(24)) } == .alignment(24, limit: 1 << 20))
    #expect(
      error {
        $0.add(tensor: "t", .f32, shape: [9], bytes: [UInt8](repeating: 0, count: 32))
        $0.add(tensor: "u", .f32, shape: [1], bytes: four)
      } == .overlap(tensor: "u", other: "t"))
  }

  @Test func `a count that the rest of the file cannot hold is refused before it is used`() throws {
    // "a" is an array of 2^61 numbers of four bytes, then of as many texts.
    for type: UInt8 in [4, 8] {
      var bytes = Array("GGUF".utf8) + [3, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
      bytes += [1, 0, 0, 0, 0, 0, 0, 0] + [1, 0, 0, 0, 0, 0, 0, 0] + Array("a".utf8)
      bytes += [9, 0, 0, 0, type, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0x20]
      #expect(
        throws: GGUFError.limit(field: "the element count of a", value: 1 << 61, limit: 0)
      ) { try open(bytes) }
    }
  }

  @Test func `every cut of a file is refused`() throws {
    let whole = small().bytes()
    for count in 0..<whole.count {
      let error = #expect(throws: GGUFError.self, "\(count) bytes") {
        try open(Array(whole.prefix(count)))
      }
      #expect(error?.description.isEmpty == false)
    }
    _ = try open(whole)
  }

  @Test func `random changes never crash, whatever is read afterwards`() throws {
    let whole = small().bytes()
    var generator = SplitMix64(seed: 11)
    for round in 0..<3_000 {
      var changed = whole
      for _ in 0...Int.random(in: 0..<4, using: &generator) {
        let offset = Int.random(in: 0..<whole.count, using: &generator)
        changed[offset] = UInt8.random(in: 0...255, using: &generator)
      }
      do {
        readAll(try open(changed))
      } catch {
        #expect(error is GGUFError, "round \(round): \(error)")
      }
    }
  }

  /// Reads everything that the file says it has.
  private func readAll(_ file: GGUFFile) {
    for key in file.metadata.keys {
      // ignoring: only that nothing crashes counts here.
      _ = try? file.metadata.strings(key)
      _ = try? file.metadata.integers(key)
      _ = try? file.metadata.floats(key)
      _ = try? file.metadata.string(key)
    }
    for tensor in file.tensors {
      file.withBytes(of: tensor) { bytes in _ = bytes.reduce(0) { $0 &+ Int($1) } }
    }
  }

  @Test(.enabled(if: SharedModels.hasSmolLM2, "\(SharedModels.smolLM2Reason)"))
  func `SmolLM2 is read as its publisher describes it`() throws {
    let file = try GGUFFile(path: SharedModels.smolLM2)
    #expect(file.byteCount == 98_362_432)
    #expect(file.digest == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
    #expect(file.tensors.count == 272)
    #expect(file.metadata.keys.count == 33)
    #expect(try file.metadata.integer("llama.block_count") == 30)
    #expect(try file.metadata.float("llama.rope.freq_base") == 100_000)
    #expect(try file.metadata.elementCount("tokenizer.ggml.tokens") == 49_152)
    #expect(try file.metadata.strings("tokenizer.ggml.merges").count == 48_900)
    let embedding = try file.tensor(named: "token_embd.weight")
    #expect(embedding.type == .q8_0 && embedding.shape == [49_152, 576])
    #expect(embedding.byteRange.count == 30_081_024)
    let types = Dictionary(grouping: file.tensors, by: \.type).mapValues(\.count)
    #expect(types == [.q4_1: 210, .q8_0: 1, .f32: 61])
  }
}
