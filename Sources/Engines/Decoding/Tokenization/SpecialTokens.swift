/// The tokens that are found in text as they are written, before it is cut into words.
struct SpecialTokens: Sendable {
  /// One of them.
  struct Entry: Sendable {
    /// The token's text in UTF-8.
    let bytes: [UInt8]
    /// The token's id.
    let id: Int32
    /// Whether it is a control token, which is found only where that is asked for.
    let isControl: Bool
  }

  /// The tokens, the longest first.
  private let entries: [Entry]
  private let startsControl: [Bool]
  private let startsOther: [Bool]

  init(_ entries: [Entry]) {
    self.entries = entries.sorted { ($0.bytes.count, $1.id) > ($1.bytes.count, $0.id) }
    var control = [Bool](repeating: false, count: 256)
    var other = control
    for entry in entries {
      if entry.isControl {
        control[Int(entry.bytes[0])] = true
      } else {
        other[Int(entry.bytes[0])] = true
      }
    }
    startsControl = control
    startsOther = other
  }

  /// The longest token that `text` has at `index`.
  func match(
    in text: Span<UInt8>, at index: Int, recognizingControl: Bool
  ) -> (id: Int32, byteCount: Int)? {
    let first = Int(text[index])
    guard startsOther[first] || recognizingControl && startsControl[first] else { return nil }
    for entry in entries where recognizingControl || !entry.isControl {
      guard index + entry.bytes.count <= text.count else { continue }
      if entry.bytes.indices.allSatisfy({ text[index + $0] == entry.bytes[$0] }) {
        return (entry.id, entry.bytes.count)
      }
    }
    return nil
  }

  /// The id of the control token with this text.
  func controlID(_ text: String) -> Int32? {
    entries.first { $0.isControl && $0.bytes.elementsEqual(text.utf8) }?.id
  }
}
