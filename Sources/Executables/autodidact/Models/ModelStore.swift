import Digests
import Files
import Foundation
import ModelFiles

/// The folder of the models: each is a folder with its files and a record of their digests.
///
/// A model appears whole or not at all: its files are copied into a hidden folder beside it, which
/// is renamed once every byte is on the device.
struct ModelStore: Sendable {
  /// The name of a language model's file in its folder.
  static let languageModelFile = "model.gguf"

  /// The folder of the models.
  let folder: String

  /// Returns the records of all models, by name.
  func list() throws(ModelError) -> [ModelManifest] {
    var found: [ModelManifest] = []
    for name in names(in: folder).sorted() where !name.hasPrefix(".") {
      if let manifest = try manifest(of: name) { found.append(manifest) }
    }
    return found
  }

  /// Whether `path` names a language model: a GGUF file.
  static func isLanguageModel(_ path: String) -> Bool { path.hasSuffix(".gguf") }

  /// Copies the model at `path` into the store; the same files again change nothing.
  ///
  /// - Parameters:
  ///   - path: a Hugging Face folder, or a GGUF file.
  ///   - name: the name in the store.
  ///   - source: where it came from, for the record.
  ///   - expected: digests that files must have.
  /// - Returns: the record of the model.
  /// - Throws: what is wrong with the folder, the name or the disk; then nothing is left.
  func importModel(
    from path: String, name: String, source: String, expected: [String: String] = [:]
  ) throws(ModelError) -> ModelManifest {
    try check(name)
    let files = try sourceFiles(of: path)
    var manifest = ModelManifest(name: name, source: source, sha256: [:])
    for (file, source) in files { manifest.sha256[file] = try digest(of: source) }
    for (file, digest) in expected.sorted(by: { $0.key < $1.key }) {
      let actual = manifest.sha256[file] ?? "none"
      guard actual == digest else {
        throw .wrongDigest(file: file, expected: digest, actual: actual)
      }
    }
    if exists("\(folder)/\(name)") {
      guard try self.manifest(of: name)?.sha256 == manifest.sha256 else {
        throw .nameTaken(name: name, folder: folder)
      }
      try verify(name)
      return manifest
    }
    try place(manifest, files: files)
    return manifest
  }

  /// Throws unless every recorded file of a model is there with its digest.
  func verify(_ name: String) throws(ModelError) {
    guard let manifest = try manifest(of: name) else {
      throw .unknownModel(name: name, folder: folder)
    }
    for (file, expected) in manifest.sha256.sorted(by: { $0.key < $1.key }) {
      let path = "\(folder)/\(name)/\(file)"
      guard exists(path) else { throw .lostFile(file, name: name) }
      let actual = try digest(of: path)
      guard actual == expected else {
        throw .wrongDigest(file: path, expected: expected, actual: actual)
      }
    }
  }

  /// Removes a model.
  func remove(_ name: String) throws(ModelError) {
    try check(name)
    guard exists("\(folder)/\(name)") else { throw .unknownModel(name: name, folder: folder) }
    // Renamed first, so that a removal that is interrupted leaves no half a model.
    let hidden = "\(folder)/.\(name).removed-\(UUID().uuidString)"
    try move("\(folder)/\(name)", to: hidden)
    try erase(hidden)
  }

  /// Makes an empty hidden folder in the store.
  func makeHiddenFolder(_ purpose: String) throws(ModelError) -> String {
    let path = "\(folder)/.\(purpose)-\(UUID().uuidString)"
    try makeFolder(path)
    return path
  }

  /// Removes a folder with all that is in it.
  func erase(_ path: String) throws(ModelError) {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw .file(FileError(.remove, path: path, number: number(of: error)))
    }
  }

  private func place(
    _ manifest: ModelManifest, files: [String: String]
  ) throws(ModelError) {
    let staging = try makeHiddenFolder("\(manifest.name).partial")
    do throws(ModelError) {
      for (file, source) in files {
        if let slash = file.lastIndex(of: "/") { try makeFolder("\(staging)/\(file[..<slash])") }
        try copy(source, to: "\(staging)/\(file)")
      }
      try write(manifest, into: staging)
      try move(staging, to: "\(folder)/\(manifest.name)")
    } catch {
      // ignoring: what stays is hidden; the cause of the failure is what counts.
      try? erase(staging)
      throw error
    }
  }

  private func write(_ manifest: ModelManifest, into path: String) throws(ModelError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let bytes: [UInt8]
    do {
      bytes = Array(try encoder.encode(manifest))
    } catch {
      throw .unreadableManifest(name: manifest.name)
    }
    do throws(FileError) {
      var file = try AtomicFile(path: "\(path)/\(ModelManifest.fileName)")
      try file.append(bytes)
      try file.commit()
    } catch {
      throw .file(error)
    }
  }

  private func copy(_ from: String, to target: String) throws(ModelError) {
    do throws(FileError) {
      let source = try MappedFile(path: from)
      var file = try AtomicFile(path: target)
      try source.withUnsafeBytes { bytes throws(FileError) in try file.append(bytes) }
      try file.commit()
    } catch {
      throw .file(error)
    }
  }

  /// Returns the SHA-256 of a file in hexadecimal.
  func digest(of path: String) throws(ModelError) -> String {
    do throws(FileError) {
      return try MappedFile(path: path).withUnsafeBytes { SHA256.hash(data: $0).hexadecimal }
    } catch {
      throw .file(error)
    }
  }

  /// Returns the record of a model, or nil if there is no such folder or record.
  private func manifest(of name: String) throws(ModelError) -> ModelManifest? {
    try check(name)
    let path = "\(folder)/\(name)/\(ModelManifest.fileName)"
    guard exists(path) else { return nil }
    do {
      return try JSONDecoder().decode(
        ModelManifest.self, from: Data(contentsOf: URL(filePath: path)))
    } catch {
      throw .unreadableManifest(name: name)
    }
  }

  /// Returns the paths of a model's files by their names in the store.
  private func sourceFiles(of path: String) throws(ModelError) -> [String: String] {
    guard Self.isLanguageModel(path) else {
      let files = try modelFiles(in: path).map { ($0, "\(path)/\($0)") }
      return Dictionary(files) { first, _ in first }
    }
    do throws(GGUFError) {
      let file = try GGUFFile(path: path)
      for tensor in file.tensors { _ = try file.tensor(named: tensor.name) }
    } catch {
      throw .languageModel(path: path, error)
    }
    return [Self.languageModelFile: path]
  }

  /// Returns the files of a model folder, one level of folders deep, without records and pictures.
  private func modelFiles(in path: String) throws(ModelError) -> [String] {
    let kinds = [".json", ".txt", ".safetensors", ".md"]
    var files: [String] = []
    for name in names(in: path).sorted() where !name.hasPrefix(".") {
      let inner = names(in: "\(path)/\(name)").sorted().map { "\(name)/\($0)" }
      files += (inner.isEmpty ? [name] : inner).filter { file in
        kinds.contains { file.hasSuffix($0) } && file != ModelManifest.fileName
      }
    }
    for needed in ["config.json", "model.safetensors"] where !files.contains(needed) {
      throw .missingFile(needed, folder: path)
    }
    guard files.contains("tokenizer.json") || files.contains("vocab.txt") else {
      throw .missingFile("tokenizer.json or vocab.txt", folder: path)
    }
    return files
  }

  private func check(_ name: String) throws(ModelError) {
    guard name.wholeMatch(of: /[a-z0-9][a-z0-9._-]{0,63}/) != nil else {
      throw .invalidName(name)
    }
  }

  private func makeFolder(_ path: String) throws(ModelError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .file(FileError(.createFolder, path: path, number: number(of: error)))
    }
  }

  private func move(_ path: String, to target: String) throws(ModelError) {
    guard rename(path, target) == 0 else {
      throw .file(FileError(.rename, path: target, number: errno))
    }
  }

  private func names(in path: String) -> [String] {
    // ignoring: a folder that is not there holds nothing; a file is not a folder.
    (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  private func number(of error: any Error) -> Int32 {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
    return Int32(truncatingIfNeeded: underlying?.code ?? Int(EIO))
  }
}
