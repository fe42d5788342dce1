import Digests
import Files
package import Messages

/// A self-trained model in a folder, checked against its card.
package struct ModelFolder: Sendable {
  /// The detector's file in a model folder.
  package static let detectorFileName = "detector.bin"

  /// The card.
  package let card: ModelCard
  /// The classifier.
  package let head: Head
  /// The path of the detector's exported state.
  package let detectorPath: String?

  /// Reads the model in the folder at `path`.
  package init(path: String) throws(SelfTrainingError) {
    let folder = ResultFolder(path: path)
    card = try Self.card(in: folder)
    let headPath = folder.file(card.head.file.name)
    try Self.check(headPath, against: card.head.file)
    head = try HeadFile.head(at: headPath)
    guard head.classes == card.classes else {
      throw .damaged(path: headPath, reason: "its classes are not those of \(ModelCard.fileName)")
    }
    guard let detector = card.detector else {
      detectorPath = nil
      return
    }
    let detectorPath = folder.file(detector.file.name)
    try Self.check(detectorPath, against: detector.file)
    self.detectorPath = detectorPath
  }

  /// Reads the card in a folder.
  static func card(in folder: ResultFolder) throws(SelfTrainingError) -> ModelCard {
    let path = folder.file(ModelCard.fileName)
    let bytes = try bytes(of: path)
    let card: ModelCard
    do {
      card = try JSONText.value(ModelCard.self, from: bytes)
    } catch {
      throw .damaged(path: path, reason: "it is not the card of a self-trained model")
    }
    guard card.format == ModelCard.formatName, card.formatVersion == 1 else {
      throw .damaged(
        path: path, reason: "format \(card.format) \(card.formatVersion) is not known here")
    }
    return card
  }

  /// What a card says of the file `name` with these bytes.
  static func reference(to name: String, bytes: [UInt8]) -> ModelCard.FileReference {
    .init(name: name, sha256: sha256(bytes))
  }

  static func bytes(of path: String) throws(SelfTrainingError) -> [UInt8] {
    do throws(FileError) {
      return try MappedFile.bytes(of: path)
    } catch {
      throw .file(error)
    }
  }

  private static func check(
    _ path: String, against reference: ModelCard.FileReference
  ) throws(SelfTrainingError) {
    guard sha256(try bytes(of: path)) == reference.sha256 else {
      throw .damaged(path: path, reason: "its SHA-256 is not the one in \(ModelCard.fileName)")
    }
  }

  private static func sha256(_ bytes: [UInt8]) -> String {
    SHA256.hash(data: bytes).hexadecimal
  }
}
