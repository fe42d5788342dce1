import AutodidactClient
import Messages
import TTRPC

/// Sends texts to the encoder in chunks of bounded size, several on their way at a time.
///
/// Memory: the chunks on their way, whatever the number of texts.
struct TextEncoder {
  /// The most texts of a chunk.
  static let chunkCountMax = 128
  /// A chunk ends when its texts have this many bytes.
  static let chunkBytes = 512 << 10
  /// A longer text is cut before it is sent: a message holds 4 MiB.
  static let textBytesMax = 3 << 20
  /// The chunks on their way.
  static let windowCount = 6
  /// How often a lost connection is made anew without any progress in between.
  private static let attemptCountMax = 3

  /// One chunk of features.
  struct Chunk {
    /// The features, `[texts, dimensions]`, row-major.
    var features: Tensor
    var rowCount: Int
    var dimensions: Int
    /// The texts that were cut, by the model or before.
    var truncatedRows: Set<Int>
    /// The digest of the model.
    var modelDigest: String
  }

  /// The texts of a chunk that is on its way.
  private struct Pending {
    var texts: [String]
    var cutRows: Set<Int>
    var sequence: UInt64
  }

  let client: EncoderClient
  let model: String
  var options = EncodeOptions()

  /// Encodes the texts that `next` gives until it gives none, and hands chunk after chunk to
  /// `receive` in their order.
  ///
  /// A connection that is lost is made anew, and the chunks that were on their way are sent again.
  func encode(
    next: () throws -> String?, receive: (Chunk) async throws -> Void
  ) async throws {
    var chunker = TextChunker()
    var pending: [Pending] = []
    var sequence: UInt64 = 0
    var attemptCount = 0
    while true {
      do {
        let call = try await client.encodeStream()
        var responses = call.responses.makeAsyncIterator()
        for chunk in pending {
          try await call.send(request(for: chunk), orCauseIn: &responses)
        }
        while true {
          while pending.count < Self.windowCount, let (texts, cut) = try chunker.next(from: next) {
            let chunk = Pending(texts: texts, cutRows: cut, sequence: sequence)
            sequence += 1
            pending.append(chunk)
            try await call.send(request(for: chunk), orCauseIn: &responses)
          }
          guard let first = pending.first else {
            try await call.finish()
            return
          }
          guard let response = try await responses.next() else {
            throw SelfTrainingError.badAnswer("the stream ended early")
          }
          try await receive(chunk(from: response, for: first))
          pending.removeFirst()
          attemptCount = 0
        }
      } catch let error as CallError where error.code == .unavailable && sequence > 0 {
        attemptCount += 1
        guard attemptCount < Self.attemptCountMax, !Task.isCancelled else { throw error }
      }
    }
  }

  private func request(for chunk: Pending) -> EncodeRequest {
    var request = EncodeRequest()
    request.model = model
    request.options = options
    request.sequence = chunk.sequence
    request.input = .text(TextBatch(texts: chunk.texts))
    return request
  }

  private func chunk(from response: EncodeResponse, for sent: Pending) throws -> Chunk {
    guard response.sequence == sent.sequence else {
      throw SelfTrainingError.badAnswer(
        "chunk \(response.sequence) came where \(sent.sequence) was due")
    }
    let features = response.features ?? Tensor()
    let (rows, dimensions): (Int, Int)
    do throws(TensorError) {
      (rows, dimensions) = try features.checkedMatrixShape()
    } catch {
      throw SelfTrainingError.badAnswer("\(error)")
    }
    guard rows == sent.texts.count, dimensions > 0 else {
      throw SelfTrainingError.badAnswer(
        "\(rows) rows of \(dimensions) dimensions for \(sent.texts.count) texts")
    }
    return Chunk(
      features: features, rowCount: rows, dimensions: dimensions,
      truncatedRows: sent.cutRows.union(response.truncated.map { Int($0) }),
      modelDigest: response.modelDigest)
  }
}

/// Groups texts into chunks; the same texts give the same chunks.
struct TextChunker {
  private var held: (text: String, isCut: Bool)?

  /// The next texts and which of them were cut; none after the last.
  mutating func next(
    from source: () throws -> String?
  ) rethrows -> (texts: [String], cutRows: Set<Int>)? {
    var texts: [String] = []
    var cutRows: Set<Int> = []
    var byteCount = 0
    while texts.count < TextEncoder.chunkCountMax, byteCount < TextEncoder.chunkBytes {
      guard let (text, isCut) = try held ?? source().map(Self.bounded) else { break }
      held = nil
      // A long text travels alone, so that no message comes near its limit.
      if !texts.isEmpty, byteCount + text.utf8.count > TextEncoder.chunkBytes {
        held = (text, isCut)
        break
      }
      if isCut { cutRows.insert(texts.count) }
      byteCount += text.utf8.count
      texts.append(text)
    }
    return texts.isEmpty ? nil : (texts, cutRows)
  }

  /// The longest beginning of `text` that a message can hold and that does not end inside a scalar.
  private static func bounded(_ text: String) -> (text: String, isCut: Bool) {
    guard text.utf8.count > TextEncoder.textBytesMax else { return (text, false) }
    let bytes = Array(text.utf8.prefix(TextEncoder.textBytesMax + 1))
    var end = TextEncoder.textBytesMax
    // A byte of the form 10xxxxxx continues a scalar.
    while end > 0, bytes[end] & 0xc0 == 0x80 { end -= 1 }
    return (String(decoding: bytes[..<end], as: UTF8.self), true)
  }
}
