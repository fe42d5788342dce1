extension GGUFBuilder {
  /// Adds the metadata of a byte-level tokenizer.
  ///
  /// The first tokens are the control tokens `<|endoftext|>`, `<|im_start|>` and `<|im_end|>`, the
  /// next 256 the bytes in order, then what the merges make.
  ///
  /// - Parameters:
  ///   - merges: pairs of texts of ASCII characters.
  ///   - split: the rules that cut text into words.
  ///   - template: the chat template; nil: none.
  /// - Returns: the size of the vocabulary.
  @discardableResult
  package mutating func setTokenizer(
    merges: [(String, String)] = [], split: String = "smollm", template: String? = nil
  ) -> Int {
    let controls = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    let tokens =
      controls + (0...255).map { String(Self.character(of: UInt8($0))) }
      + merges.map { Self.written($0.0 + $0.1) }
    set("tokenizer.ggml.model", .string("gpt2"))
    set("tokenizer.ggml.pre", .string(split))
    set("tokenizer.ggml.tokens", .strings(tokens))
    set("tokenizer.ggml.token_type", .int32s(tokens.indices.map { $0 < controls.count ? 3 : 1 }))
    set(
      "tokenizer.ggml.merges",
      .strings(merges.map { "\(Self.written($0.0)) \(Self.written($0.1))" }))
    set("tokenizer.ggml.bos_token_id", .uint32(0))
    set("tokenizer.ggml.eos_token_id", .uint32(2))
    if let template { set("tokenizer.chat_template", .string(template)) }
    return tokens.count
  }

  /// A template that is recognised as ChatML, without a system message of its own.
  package static let chatMLTemplate = "{{ '<|im_start|>' + message['role'] }}"

  private static func written(_ text: String) -> String { String(text.utf8.map(character)) }

  /// The printable character that stands for a byte: itself, or one from U+0100 on.
  private static func character(of byte: UInt8) -> Character {
    func prints(_ byte: UInt8) -> Bool {
      (0x21...0x7e).contains(byte) || byte >= 0xa1 && byte != 0xad
    }
    if prints(byte) { return Character(Unicode.Scalar(byte)) }
    let number = (0..<byte).count { !prints($0) }
    guard let scalar = Unicode.Scalar(UInt32(0x100 + number)) else {
      preconditionFailure("number \(number)")
    }
    return Character(scalar)
  }
}
