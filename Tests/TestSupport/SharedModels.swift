private import Foundation

/// The folder with models for tests that need a real one.
///
/// It is the value of `AUTODIDACT_MODELS_DIR`, else the user's folder of models. Tests that need it
/// carry `.enabled(if: SharedModels.hasMiniLM, "\(SharedModels.reason)")`.
package enum SharedModels {
  /// The folder's path, whether it exists or not.
  package static let folder: String = {
    let environment = ProcessInfo.processInfo.environment
    if let folder = environment["AUTODIDACT_MODELS_DIR"] { return folder }
    let data = environment["XDG_DATA_HOME"] ?? (environment["HOME"] ?? "/root") + "/.local/share"
    return data + "/autodidact/models"
  }()

  /// The path of all-MiniLM-L6-v2.
  package static let miniLM = folder + "/minilm"

  /// Whether all-MiniLM-L6-v2 is there.
  package static let hasMiniLM = FileManager.default.fileExists(
    atPath: miniLM + "/model.safetensors")

  /// What a skipped test says.
  package static let reason = "needs the model minilm (AUTODIDACT_MODELS_DIR)"

  /// The path of SmolLM2-135M-Instruct as a GGUF file.
  package static let smolLM2 = folder + "/smollm2/model.gguf"

  /// Whether SmolLM2-135M-Instruct is there.
  package static let hasSmolLM2 = FileManager.default.fileExists(atPath: smolLM2)

  /// What a test that needs SmolLM2 says when it is skipped.
  package static let smolLM2Reason = "needs the model smollm2 (AUTODIDACT_MODELS_DIR)"
}
