internal import Configuration

/// Reads typed, validated settings from a file, the environment and the command line.
///
/// Later sources win: the file is overruled by the environment, both by flags. A value of the wrong
/// type is an error even if a later source would overrule nothing; it never falls back silently.
package struct ConfigurationReader: Sendable {
  private struct Layer: Sendable {
    let provider: any ConfigProvider
    /// What the layer holds as text, by the name of the key.
    let texts: [String: String]
    let source: @Sendable (ConfigurationKey) -> ConfigurationSource
  }

  /// The layers, strongest first.
  private let layers: [Layer]
  private let keys: [ConfigurationKey]

  /// Creates a reader over the three sources.
  ///
  /// - Throws: ``ConfigurationError/unknownKey(name:source:nearest:)`` for a key of the file or the
  ///   command line that is not in `keys`.
  package init(
    keys: [ConfigurationKey], file: ConfigurationFile?, environment: [String: String],
    flags: [String: String]
  ) throws(ConfigurationError) {
    self.keys = keys
    let names = keys.map { $0.name }
    if let file {
      try Self.refuseUnknown(file.texts.keys.sorted(), known: names, source: .file(file.path))
    }
    try Self.refuseUnknown(flags.keys.sorted(), known: names, source: .flag)

    var flagVariables: [String: String] = [:]
    var environmentTexts: [String: String] = [:]
    for key in keys {
      flagVariables[key.environmentName] = flags[key.name]
      environmentTexts[key.name] = environment[key.environmentName]
    }
    var layers = [
      Layer(provider: Self.variables(flagVariables), texts: flags, source: { _ in .flag }),
      Layer(
        provider: Self.variables(environment), texts: environmentTexts,
        source: { .environment($0.environmentName) }),
    ]
    if let file {
      let source = ConfigurationSource.file(file.path)
      layers.append(Layer(provider: file.provider, texts: file.texts, source: { _ in source }))
    }
    self.layers = layers
  }

  /// All keys with the text that holds, in the order of their declaration.
  package var settings: [EffectiveSetting] {
    keys.map { key in
      for layer in layers {
        guard let text = layer.texts[key.name] else { continue }
        return EffectiveSetting(name: key.name, value: text, source: layer.source(key))
      }
      return EffectiveSetting(name: key.name, value: key.fallback, source: .fallback)
    }
  }

  /// Returns the text of a key, or nil if nobody set it.
  package func text(_ key: ConfigurationKey) throws(ConfigurationError) -> String? {
    try read(key, as: .string, expected: "a text") { content, _ in
      guard case .string(let text) = content else { return nil }
      return text
    }
  }

  /// Returns a whole number inside `range`, or nil if nobody set the key.
  package func integer(
    _ key: ConfigurationKey, in range: ClosedRange<Int>
  ) throws(ConfigurationError) -> Int? {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return try read(key, as: .int, expected: expected) { content, _ in
      guard case .int(let number) = content, range.contains(number) else { return nil }
      return number
    }
  }

  /// Returns a number inside `range`, or nil if nobody set the key.
  package func number(
    _ key: ConfigurationKey, in range: ClosedRange<Double>
  ) throws(ConfigurationError) -> Double? {
    let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
    return try read(key, as: .double, expected: expected) { content, _ in
      guard case .double(let number) = content, range.contains(number) else { return nil }
      return number
    }
  }

  /// Returns a truth value, or nil if nobody set the key.
  package func truth(_ key: ConfigurationKey) throws(ConfigurationError) -> Bool? {
    try read(key, as: .bool, expected: "true or false") { content, _ in
      guard case .bool(let truth) = content else { return nil }
      return truth
    }
  }

  /// Returns a list of texts, or nil if nobody set the key; variables separate them by commas.
  package func list(_ key: ConfigurationKey) throws(ConfigurationError) -> [String]? {
    try listWithSource(key)?.value
  }

  /// Returns a list of texts and where it came from, or nil if nobody set the key.
  package func listWithSource(
    _ key: ConfigurationKey
  ) throws(ConfigurationError) -> (value: [String], source: ConfigurationSource)? {
    try read(key, as: .stringArray, expected: "a list of texts") { content, source in
      guard case .stringArray(let texts) = content else { return nil }
      return (texts, source)
    }
  }

  /// Returns one of the cases of a closed enumeration, or nil if nobody set the key.
  package func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: ConfigurationKey, of type: Choice.Type
  ) throws(ConfigurationError) -> Choice? where Choice.RawValue == String {
    let names = type.allCases.map { $0.rawValue }.joined(separator: ", ")
    return try read(key, as: .string, expected: "one of \(names)") { content, _ in
      guard case .string(let text) = content else { return nil }
      return Choice(rawValue: text)
    }
  }

  private func read<Value>(
    _ key: ConfigurationKey, as type: ConfigType, expected: String,
    converting: (ConfigContent, ConfigurationSource) -> Value?
  ) throws(ConfigurationError) -> Value? {
    precondition(keys.contains(key), "\"\(key.name)\" is read but is not a declared key")
    let name = AbsoluteConfigKey(key.name.split(separator: ".").map { String($0) })
    for layer in layers {
      guard let text = layer.texts[key.name] else { continue }
      let source = layer.source(key)
      // ignoring: the cause, which only says that the text has another type than expected.
      guard let content = try? layer.provider.value(forKey: name, type: type).value?.content,
        let value = converting(content, source)
      else { throw .invalidValue(name: key.name, value: text, expected: expected, source: source) }
      return value
    }
    return nil
  }

  /// Returns a provider of the variables whose names begin with `AUTODIDACT_`.
  private static func variables(_ variables: [String: String]) -> any ConfigProvider {
    EnvironmentVariablesProvider(environmentVariables: variables).prefixKeys(with: "autodidact")
  }

  private static func refuseUnknown(
    _ names: [String], known: [String], source: ConfigurationSource
  ) throws(ConfigurationError) {
    let knownNames = Set(known)
    for name in names where !knownNames.contains(name) {
      throw .unknownKey(name: name, source: source, nearest: nearestName(to: name, among: known))
    }
  }
}

/// A setting with the value that holds and where it came from.
package struct EffectiveSetting: Sendable, Equatable {
  /// The key's name.
  package let name: String

  /// The value as text, or the default in words.
  package let value: String

  /// Where the value came from.
  package let source: ConfigurationSource
}

/// Returns the environment variables that look like a misspelt key, each with the key that it
/// nearly names.
package func misspeltVariables(
  in environment: [String: String], keys: [ConfigurationKey]
) -> [(variable: String, nearest: String)] {
  let known = keys.map { $0.environmentName }
  return environment.keys.sorted().compactMap { variable in
    guard variable.hasPrefix("AUTODIDACT_"), !known.contains(variable),
      let nearest = known.first(where: { editDistance(variable, $0) <= 2 })
    else { return nil }
    return (variable, nearest)
  }
}
