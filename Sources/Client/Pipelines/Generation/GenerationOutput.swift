import Files
import FoundationEssentials
import Glibc

/// The rows of a run's output, kept as they come and written in the order of the input at the end.
///
/// Rows go to `<output>.partial` the moment they are known, each behind its prompt's digest, so
/// that a run that was killed goes on with what is there. The standard output gets them as they
/// come.
///
/// Used by one task at a time.
final class GenerationOutput {
  private let path: String
  private let journal: LineJournal?
  private let standardOutput: LineOutput?
  /// The lines of the rows that were made, by the digests of their prompts.
  private var places: [TextKey: Int] = [:]
  private var order: [TextKey] = []
  private let clock = ContinuousClock()
  private var lastSync: ContinuousClock.Instant
  private static let keyBytes = 33

  /// Opens the output at `path` for rows that are made in the way that `settings` names.
  init(path: String, settings: String) throws {
    self.path = path
    lastSync = clock.now
    guard path != "-" else {
      journal = nil
      standardOutput = try LineOutput(path: path)
      return
    }
    standardOutput = nil
    let header = "{\"autodidact-generation\":1,\"settings\":\"\(settings)\"}"
    let partial = path + ".partial"
    let journal: LineJournal
    do throws(FileError) {
      journal = try LineJournal(path: partial, isExclusive: true)
    } catch {
      guard case .system(.lock, _, EWOULDBLOCK) = error else { throw error }
      throw GenerationError.locked(path: partial)
    }
    self.journal = journal
    if journal.count == 0 { try journal.append(Array(header.utf8)) }
    guard try journal.line(0) == Array(header.utf8) else {
      throw GenerationError.otherRun(path: partial)
    }
    for index in 1..<max(1, journal.count) {
      guard let key = TextKey(hexadecimal: try journal.line(index).prefix(32)) else { continue }
      places[key] = index
    }
  }

  /// Notes the next row of the input; true: it was made by an earlier run.
  func begin(_ key: TextKey) -> Bool {
    guard journal != nil else { return false }
    order.append(key)
    return places[key] != nil
  }

  /// Keeps a row.
  func append(_ line: [UInt8], _ key: TextKey) throws(FileError) {
    guard let journal else {
      try standardOutput?.append(line)
      return
    }
    places[key] = journal.count
    try journal.append(Array("\(key.hexadecimal)\t".utf8) + line)
    guard clock.now - lastSync > .seconds(1) else { return }
    lastSync = clock.now
    try journal.sync()
  }

  /// Makes the output appear with all rows in the order of the input.
  func finish() throws {
    guard let journal else { return }
    try journal.sync()
    var file = try LineFile(path: path)
    for key in order {
      guard let place = places[key] else {
        throw GenerationError.badAnswer("a prompt got no answer")
      }
      try file.append(Array(try journal.line(place).dropFirst(Self.keyBytes)))
    }
    try file.commit()
    let partial = path + ".partial"
    guard unlink(partial) == 0 else { throw FileError(.remove, path: partial, number: errno) }
  }
}

extension TextKey {
  /// The 32 digits of the key.
  var hexadecimal: String {
    [first, second].map { number in
      let digits = String(number, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }

  /// The key with these 32 digits.
  init?(hexadecimal bytes: some Collection<UInt8>) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.utf8.count == 32, let first = UInt64(text.prefix(16), radix: 16),
      let second = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(first: first, second: second)
  }
}
