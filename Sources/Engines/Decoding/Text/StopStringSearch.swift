/// Finds the first of some strings in a stream of bytes.
///
/// The string that is complete first wins; of those that are complete at the same byte, the
/// longest. Cost: a byte costs the number of strings, besides the length of a partial match.
struct StopStringSearch: Sendable {
  /// A string that was found.
  struct Found: Equatable {
    /// Which string.
    var index: Int
    /// The number of bytes of the stream before it.
    var start: Int
  }

  private let strings: [[UInt8]]
  private let fallbacks: [[Int]]
  /// How many bytes of each string the end of the stream matches.
  private var matched: [Int]
  private var byteCount = 0

  /// Searches for these strings, none of them empty.
  init(_ strings: [String]) {
    self.strings = strings.map { Array($0.utf8) }
    fallbacks = self.strings.map(Self.fallbacks)
    matched = strings.map { _ in 0 }
  }

  /// The number of last bytes that may belong to a string that is not complete yet.
  var pendingCount: Int { matched.max() ?? 0 }

  /// Takes the next byte.
  mutating func append(_ byte: UInt8) -> Found? {
    byteCount += 1
    var found: Found?
    for index in strings.indices {
      var length = matched[index]
      while length > 0, strings[index][length] != byte { length = fallbacks[index][length - 1] }
      if strings[index][length] == byte { length += 1 }
      if length == strings[index].count {
        let start = byteCount - length
        if start < found?.start ?? .max { found = Found(index: index, start: start) }
        length = fallbacks[index][length - 1]
      }
      matched[index] = length
    }
    return found
  }

  /// For each prefix of `string`, the length of its longest proper prefix that also ends it.
  ///
  /// Source: Knuth, Morris and Pratt, "Fast Pattern Matching in Strings", SIAM J. Comput. 6, 1977.
  private static func fallbacks(_ string: [UInt8]) -> [Int] {
    var fallbacks = [0]
    for index in string.indices.dropFirst() {
      var length = fallbacks[index - 1]
      while length > 0, string[length] != string[index] { length = fallbacks[length - 1] }
      fallbacks.append(string[length] == string[index] ? length + 1 : 0)
    }
    return fallbacks
  }
}
