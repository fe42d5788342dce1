internal import Configuration
private import Foundation
private import SystemPackage

/// A configuration file: a JSON object whose nested names, joined by dots, are the keys.
///
/// ```json
/// { "log": { "level": "debug" }, "access": { "groups": ["autodidact"] } }
/// ```
package struct ConfigurationFile: Sendable {
  /// The path that was read.
  package let path: String

  /// What the file sets as text, by the name of the key.
  package let texts: [String: String]

  let provider: any ConfigProvider

  /// Reads a file.
  ///
  /// Returns nil if the file is not there and `isRequired` is false. A file is at most 1 MiB.
  package static func read(
    path: String, isRequired: Bool
  ) async throws(ConfigurationError) -> ConfigurationFile? {
    guard FileManager.default.fileExists(atPath: path) else {
      if isRequired { throw .missingFile(path: path) }
      return nil
    }
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadableFile(path: path, reason: error.localizedDescription)
    }
    guard data.count <= fileBytesMax else {
      let reason = "it has \(data.count) bytes, more than the limit of \(fileBytesMax)"
      throw .unreadableFile(path: path, reason: reason)
    }
    do {
      let object = try JSONDecoder().decode([String: JSONText].self, from: data)
      let provider = try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
      return ConfigurationFile(
        path: path, texts: texts(in: .object(object), under: []), provider: provider)
    } catch let error as DecodingError {
      throw .invalidFile(path: path, reason: reason(of: error))
    } catch {
      throw .invalidFile(path: path, reason: "\(error)")
    }
  }

  private static let fileBytesMax = 1 << 20

  private static func texts(in value: JSONText, under path: [String]) -> [String: String] {
    guard case .object(let members) = value, !members.isEmpty || path.isEmpty else {
      return [path.joined(separator: "."): value.text]
    }
    return members.reduce(into: [:]) { result, member in
      result.merge(texts(in: member.value, under: path + [member.key])) { $1 }
    }
  }

  private static func reason(of error: DecodingError) -> String {
    switch error {
    case .dataCorrupted(let context):
      let detail = (context.underlyingError as NSError?)?.userInfo["NSDebugDescription"] as? String
      return detail ?? context.debugDescription
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .keyNotFound(_, let context):
      let place = context.codingPath.map { $0.stringValue }.joined(separator: ".")
      return place.isEmpty ? context.debugDescription : "\(place): \(context.debugDescription)"
    @unknown default:
      return "\(error)"
    }
  }
}

/// A value of JSON with its text for messages.
private enum JSONText: Decodable {
  case object([String: JSONText])
  case list([JSONText])
  case leaf(String)

  init(from decoder: any Decoder) throws {
    // ignoring: which of the types does not fit; the last one's error is thrown.
    if let members = try? [String: JSONText](from: decoder) {
      self = .object(members)
    } else if let elements = try? [JSONText](from: decoder) {  // ignoring: as above.
      self = .list(elements)
    } else {
      self = .leaf(try Self.leafText(decoder.singleValueContainer()))
    }
  }

  private static func leafText(_ value: any SingleValueDecodingContainer) throws -> String {
    if value.decodeNil() { return "null" }
    // ignoring: which of the types does not fit; the last one's error is thrown.
    if let truth = try? value.decode(Bool.self) { return "\(truth)" }
    if let number = try? value.decode(Int.self) { return "\(number)" }  // ignoring: as above.
    if let number = try? value.decode(Double.self) { return "\(number)" }  // ignoring: as above.
    return try value.decode(String.self)
  }

  var text: String {
    switch self {
    case .object: "{}"
    case .list(let elements): elements.map { $0.text }.joined(separator: ",")
    case .leaf(let text): text
    }
  }
}
