import Glibc

@testable import ModelFiles

/// Reads any bytes as the vocabulary of a model folder.
///
/// They are `tokenizer.json` if they begin with a brace, else `vocab.txt`. The folder has no
/// weights, so reading it always ends in an error.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTokenizers(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  mkdir(folder, 0o700)
  write(Array(configuration.utf8), "config.json")
  let isJSON = count > 0 && start[0] == UInt8(ascii: "{")
  unlink("\(folder)/\(isJSON ? "vocab.txt" : "tokenizer.json")")
  write(
    Array(UnsafeBufferPointer(start: start, count: count)),
    isJSON ? "tokenizer.json" : "vocab.txt")
  do throws(ModelFolderError) {
    let model = try SentenceEncoderFolder(path: folder)
    preconditionFailure("a folder without weights was read: \(model.path)")
  } catch {
    precondition(!"\(error)".isEmpty)
  }
  return 0
}

/// A folder in memory, one a process.
private let folder = "/dev/shm/autodidact-fuzz-\(getpid()).model"

private let configuration = """
  {"model_type": "bert", "vocab_size": 40, "hidden_size": 8, "num_hidden_layers": 1,
   "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 32,
   "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "pad_token_id": 0}
  """

private func write(_ bytes: [UInt8], _ name: String) {
  let path = "\(folder)/\(name)"
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  precondition(descriptor >= 0, "\(path): errno \(errno)")
  let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  precondition(written == bytes.count, "\(path): \(written) of \(bytes.count) bytes")
  close(descriptor)
}
