import Glibc

@testable import Decoding
@testable import ModelFiles
@testable import Transformers

/// Opens any bytes as a GGUF file and reads everything that the file says it has: values, tensors,
/// the sizes of a model, its tokenizer and its chat template.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzModelFiles(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  write(UnsafeRawBufferPointer(start: start, count: count))
  do throws(GGUFError) {
    read(try GGUFFile(path: path))
  } catch {
    precondition(!error.description.isEmpty)
  }
  return 0
}

/// A file in memory, one a process.
private let path = "/dev/shm/autodidact-fuzz-\(getpid()).gguf"

private func write(_ bytes: UnsafeRawBufferPointer) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  precondition(descriptor >= 0, "\(path): errno \(errno)")
  let written = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
  precondition(written == bytes.count, "\(path): \(written) of \(bytes.count) bytes")
  close(descriptor)
}

private func read(_ file: GGUFFile) {
  for key in file.metadata.keys {
    // ignoring: only that nothing crashes counts here.
    _ = try? file.metadata.string(key)
    _ = try? file.metadata.integer(key)
    _ = try? file.metadata.float(key)
    _ = try? file.metadata.boolean(key)
    _ = try? file.metadata.strings(key)
    _ = try? file.metadata.integers(key)
    _ = try? file.metadata.floats(key)
  }
  for tensor in file.tensors {
    let sum = file.withBytes(of: tensor) { bytes in bytes.reduce(0) { $0 &+ Int($1) } }
    precondition(sum >= 0, "tensor \(tensor.name) sums up to \(sum)")
  }
  do throws(LlamaError) {
    let sizes = try LlamaConfiguration(file)
    precondition(sizes.headCount % sizes.keyValueHeadCount == 0, "\(sizes)")
  } catch {
    precondition(!"\(error)".isEmpty)
  }
  do throws(TokenizerError) {
    check(try BPETokenizer(file.metadata), file.metadata)
  } catch {
    precondition(!"\(error)".isEmpty)
  }
}

/// Whatever the vocabulary, ids are its own, and a vocabulary with all bytes loses none.
private func check(_ tokenizer: BPETokenizer, _ metadata: GGUFMetadata) {
  let text = "A b\u{e9} 12\n<|im_end|>"
  let ids = tokenizer.encode(text, recognizingSpecialTokens: false)
  precondition(ids.allSatisfy(tokenizer.isKnown), "\(ids) of \(tokenizer.vocabularySize)")
  precondition(tokenizer.decode(ids).count <= text.utf8.count, "\(ids) are longer than the text")
  let template = ChatTemplate(metadata, tokenizer: tokenizer)
  let turns = [ChatTurn(role: .user, content: text)]
  let chat = template?.encode(
    turns, answerPrefix: "", tokenizer: tokenizer, recognizingSpecialTokens: true)
  precondition(chat?.allSatisfy(tokenizer.isKnown) ?? true, "\(chat ?? [])")
}
