import Files
import FoundationEssentials
package import Messages

/// A head in a safetensors file: `weights` `[classes, dimensions]` and `bias` `[classes]`.
package enum HeadFile {
  /// The file's name in a model folder.
  package static let fileName = "head.safetensors"

  /// The bytes of the file.
  package static func bytes(of head: Head) throws -> [UInt8] {
    guard let weights = head.weights, let bias = head.bias else {
      throw SelfTrainingError.badAnswer("the teacher gave a head without weights")
    }
    let file = SafetensorsFile(
      arrays: [
        "weights": .init(shape: weights.shape.map { Int($0) }, floats: try weights.floats()),
        "bias": .init(shape: bias.shape.map { Int($0) }, floats: try bias.floats()),
      ],
      metadata: [
        "format": "autodidact-head", "digest": head.digest,
        "temperature": "\(head.temperature)",
        "classes": String(decoding: try JSONText.encoder().encode(head.classes), as: UTF8.self),
      ])
    return file.bytes
  }

  /// Reads the head at `path`.
  package static func head(at path: String) throws(SelfTrainingError) -> Head {
    let file: SafetensorsFile
    do throws(SafetensorsFile.Failure) {
      file = try SafetensorsFile(path: path)
    } catch {
      switch error {
      case .file(let error): throw .file(error)
      case .malformed(let path, let reason): throw .damaged(path: path, reason: reason)
      }
    }
    guard let weights = file.arrays["weights"], let bias = file.arrays["bias"],
      let classes = classes(in: file),
      let temperature = file.metadata["temperature"].flatMap(Double.init),
      weights.shape.count == 2, bias.shape == [classes.count], weights.shape[0] == classes.count
    else { throw .damaged(path: path, reason: "it does not hold a head") }
    var head = Head()
    head.classes = classes
    head.weights = Tensor(shape: weights.shape, floats: weights.floats)
    head.bias = Tensor(shape: bias.shape, floats: bias.floats)
    head.temperature = temperature
    head.digest = file.metadata["digest"] ?? ""
    return head
  }

  private static func classes(in file: SafetensorsFile) -> [String]? {
    guard let text = file.metadata["classes"] else { return nil }
    // ignoring: the caller reports a file whose classes do not read as damaged.
    return try? JSONText.value([String].self, from: Array(text.utf8))
  }
}

extension HeadFile {
  /// Writes the head to a file at `path`, which appears whole or not at all.
  package static func write(_ head: Head, to path: String) throws {
    var file = try AtomicFile(path: path)
    try file.append(try bytes(of: head))
    try file.commit()
  }
}
