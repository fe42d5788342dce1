/// Key and value pairs that travel beside a request; keys are lower-case and may repeat.
public struct Metadata: Sendable, Hashable {
  /// One pair.
  public struct Entry: Sendable, Hashable {
    /// The key in lower case.
    public let key: String
    /// The value as sent.
    public let value: String
  }

  /// All pairs in the order in which they were added.
  public private(set) var entries: [Entry] = []

  /// Makes metadata without a pair.
  public init() {}

  /// Whether there is no pair.
  public var isEmpty: Bool { entries.isEmpty }

  /// Adds a pair and keeps earlier values of the same key.
  public mutating func add(_ value: String, for key: String) {
    entries.append(Entry(key: key.lowercased(), value: value))
  }

  /// Removes every value of `key`.
  public mutating func removeValues(for key: String) {
    let key = key.lowercased()
    entries.removeAll { $0.key == key }
  }

  /// The values of `key` in the order in which they were added.
  public subscript(key: String) -> [String] {
    let key = key.lowercased()
    return entries.filter { $0.key == key }.map { $0.value }
  }

  /// The first value of `key`, if there is one.
  public func first(_ key: String) -> String? {
    if entries.isEmpty { return nil }
    let key = key.lowercased()
    return entries.first { $0.key == key }?.value
  }
}

extension Metadata: ExpressibleByDictionaryLiteral {
  /// Makes metadata from pairs; a key may be given more than once.
  public init(dictionaryLiteral elements: (String, String)...) {
    for (key, value) in elements { add(value, for: key) }
  }
}
