internal import Digests
internal import Messages

/// Reads the answers that a judge learns from: of a file of answers, of candidates or of pairs.
///
/// An answer that is in several pairs of a prompt counts once. Memory grows by a digest with each
/// answer of a pair.
struct LessonReader {
  // A part of a file that is sent as one message.
  private static let itemsPerMessage = 64
  private static let bytesPerMessage = 1 << 20

  private var reader: JudgeRowReader
  private var waiting: ArraySlice<JudgedItem> = []
  private var known: Set<[UInt8]> = []
  private var count = 0

  /// Opens the file at `path`; `-` is the standard input.
  init(path: String) throws(InputError) {
    reader = try JudgeRowReader(path: path, kind: .lesson)
  }

  /// The next answers that fit into a message; nil at the end.
  mutating func nextItems() throws -> [JudgedItem]? {
    var items: [JudgedItem] = []
    var bytes = 0
    while items.count < Self.itemsPerMessage, bytes < Self.bytesPerMessage,
      var item = try nextItem()
    {
      bytes += try item.encoded().count
      count += 1
      item.itemID = "\(count)"
      items.append(item)
    }
    return items.isEmpty ? nil : items
  }

  private mutating func nextItem() throws -> JudgedItem? {
    while waiting.isEmpty {
      guard let row = try reader.next() else { return nil }
      var items = row.responses.map { response in
        JudgedItem(
          promptID: row.promptID, prompt: row.prompt, response: response,
          reference: row.reference, tokenLogProbabilities: row.tokenLogProbabilities,
          otherSamples: row.samples)
      }
      if row.isPair {
        items = try items.filter { item in
          known.insert(SHA256.hash(data: try item.encoded())).inserted
        }
      }
      waiting = items[...]
    }
    return waiting.popFirst()
  }
}
