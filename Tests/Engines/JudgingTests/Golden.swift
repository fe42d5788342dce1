import Foundation

/// Reads `Goldens/<name>.json` beside this file.
func golden<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
  return try JSONDecoder().decode(
    Value.self, from: Data(contentsOf: folder.appending(path: "\(name).json")))
}
