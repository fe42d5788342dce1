import Testing

@testable import Daemon

@Suite struct ConfigurationReaderTests {
  static let size = ConfigurationKey("limits.requestBytes", "Size.", fallback: "9")
  static let level = ConfigurationKey("log.level", "Level.", fallback: "info")
  static let users = ConfigurationKey("access.users", "Users.", fallback: "root")
  static let factor = ConfigurationKey("drain.seconds", "Seconds.", fallback: "25")
  static let isOn = ConfigurationKey("watchdog.enabled", "Switch.", fallback: "true")
  static let keys = [size, level, users, factor, isOn]

  private func reader(
    file: String? = nil, environment: [String: String] = [:], flags: [String: String] = [:]
  ) async throws -> ConfigurationReader {
    try await TemporaryText.with(file ?? "{}") { path in
      let file = try await ConfigurationFile.read(path: path, isRequired: true)
      return try ConfigurationReader(
        keys: Self.keys, file: file, environment: environment, flags: flags)
    }
  }

  @Test func `the environment overrules the file and flags overrule both`() async throws {
    let file = #"{"limits": {"requestBytes": 1}}"#
    let variable = ["AUTODIDACT_LIMITS_REQUEST_BYTES": "2"]
    let flag = ["limits.requestBytes": "3"]
    let fromFile = try await reader(file: file)
    let fromVariable = try await reader(file: file, environment: variable)
    let fromFlag = try await reader(file: file, environment: variable, flags: flag)
    #expect(try fromFile.integer(Self.size, in: 0...9) == 1)
    #expect(try fromVariable.integer(Self.size, in: 0...9) == 2)
    #expect(try fromFlag.integer(Self.size, in: 0...9) == 3)
    let nothing = try await reader()
    #expect(try nothing.integer(Self.size, in: 0...9) == nil)
  }

  @Test func `every type is read from a file and from text`() async throws {
    let file = """
      {"limits": {"requestBytes": 7}, "log": {"level": "debug"}, "access": {"users": ["a", "b"]},
       "drain": {"seconds": 1.5}, "watchdog": {"enabled": false}}
      """
    let texts = [
      "limits.requestBytes": "7", "log.level": "debug", "access.users": "a,b",
      "drain.seconds": "1.5", "watchdog.enabled": "false",
    ]
    for reader in [try await reader(file: file), try await reader(flags: texts)] {
      #expect(try reader.integer(Self.size, in: 0...9) == 7)
      #expect(try reader.text(Self.level) == "debug")
      #expect(try reader.choice(Self.level, of: TestLevel.self) == .debug)
      #expect(try reader.list(Self.users) == ["a", "b"])
      #expect(try reader.number(Self.factor, in: 0...2) == 1.5)
      #expect(try reader.truth(Self.isOn) == false)
    }
  }

  @Test func `an unknown key of the file is refused with the nearest known key`() async throws {
    let error = await #expect(throws: ConfigurationError.self) {
      try await reader(file: #"{"log": {"levle": "debug"}}"#)
    }
    guard case .unknownKey(let name, .file, let nearest) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(name == "log.levle")
    #expect(nearest == "log.level")
    #expect("\(try #require(error))".contains("did you mean \"log.level\"?"))
  }

  @Test func `an unknown key of the command line is refused`() async throws {
    await #expect(
      throws: ConfigurationError.unknownKey(name: "colour", source: .flag, nearest: nil)
    ) {
      try await reader(flags: ["colour": "red"])
    }
  }

  @Test(arguments: [
    (#"{"limits": {"requestBytes": 10}}"#, "10"),
    (#"{"limits": {"requestBytes": "many"}}"#, "many"),
    (#"{"limits": {"requestBytes": 1.5}}"#, "1.5"),
    (#"{"limits": {"requestBytes": null}}"#, "null"),
    (#"{"limits": {"requestBytes": [1]}}"#, "1"), (#"{"limits": {"requestBytes": {}}}"#, "{}"),
  ])
  func `a wrong value names itself, the range and its source`(file: String, value: String)
    async throws
  {
    let reader = try await reader(file: file)
    let error = #expect(throws: ConfigurationError.self) {
      try reader.integer(Self.size, in: 0...9)
    }
    guard case .invalidValue(let name, let text, let expected, .file) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(name == "limits.requestBytes")
    #expect(text == value)
    #expect(expected == "a whole number from 0 to 9")
  }

  @Test func `a choice outside its cases is refused with the cases`() async throws {
    let reader = try await reader(environment: ["AUTODIDACT_LOG_LEVEL": "loud"])
    #expect(
      throws: ConfigurationError.invalidValue(
        name: "log.level", value: "loud", expected: "one of debug, info",
        source: .environment("AUTODIDACT_LOG_LEVEL"))
    ) {
      try reader.choice(Self.level, of: TestLevel.self)
    }
  }

  @Test func `the effective settings say where each value comes from`() async throws {
    let reader = try await reader(
      file: #"{"log": {"level": "debug"}, "access": {"users": ["a", "b"]}}"#,
      environment: ["AUTODIDACT_LOG_LEVEL": "info"], flags: ["drain.seconds": "3"])
    let settings = Dictionary(uniqueKeysWithValues: reader.settings.map { ($0.name, $0) })
    #expect(settings["log.level"]?.value == "info")
    #expect(settings["log.level"]?.source == .environment("AUTODIDACT_LOG_LEVEL"))
    #expect(settings["access.users"]?.value == "a,b")
    #expect(settings["drain.seconds"]?.source == .flag)
    #expect(settings["watchdog.enabled"]?.source == .fallback)
    #expect(settings["watchdog.enabled"]?.value == "true")
  }

  @Test func `a misspelt variable is found, others are left alone`() {
    let found = misspeltVariables(
      in: ["AUTODIDACT_LOG_LEVLE": "debug", "AUTODIDACT_LOG_LEVEL": "info", "PATH": "/bin"],
      keys: Self.keys)
    #expect(found.map { $0.variable } == ["AUTODIDACT_LOG_LEVLE"])
    #expect(found.map { $0.nearest } == ["AUTODIDACT_LOG_LEVEL"])
  }

  private enum TestLevel: String, CaseIterable { case debug, info }
}

@Suite struct ConfigurationFileTests {
  @Test(arguments: ["", "[1]", "3", "{\"a\":", "{\"a\": 1,, }"])
  func `what is not a JSON object is refused`(text: String) async throws {
    try await TemporaryText.with(text) { path in
      let error = await #expect(throws: ConfigurationError.self) {
        try await ConfigurationFile.read(path: path, isRequired: true)
      }
      guard case .invalidFile(path, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func `a missing file matters only if it was asked for`() async throws {
    #expect(try await ConfigurationFile.read(path: "/nonexistent", isRequired: false) == nil)
    await #expect(throws: ConfigurationError.missingFile(path: "/nonexistent")) {
      try await ConfigurationFile.read(path: "/nonexistent", isRequired: true)
    }
  }

  @Test func `a file over one mebibyte is refused`() async throws {
    let text = "{\"a\": \"" + String(repeating: "x", count: 1 << 20) + "\"}"
    try await TemporaryText.with(text) { path in
      await #expect(throws: ConfigurationError.self) {
        try await ConfigurationFile.read(path: path, isRequired: true)
      }
    }
  }
}

@Suite struct NearestNameTests {
  @Test(arguments: [
    ("log.levle", "log.level"), ("LOG.LEVEL", "log.level"),
    ("limits.requestByte", "limits.requestBytes"),
    ("og.level", "log.level"),
  ])
  func `one or two edits find the name`(misspelt: String, name: String) {
    let names = ConfigurationKey.shared.map { $0.name }
    #expect(nearestName(to: misspelt, among: names) == name)
  }

  @Test func `a name unlike all others finds none`() {
    #expect(nearestName(to: "quantum", among: ConfigurationKey.shared.map { $0.name }) == nil)
    #expect(nearestName(to: "a", among: []) == nil)
  }

  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("kitten", "sitting", 3), ("abc", "abc", 0),
  ])
  func `the distance counts insertions, deletions, replacements and swaps`(
    first: String, second: String, distance: Int
  ) {
    #expect(editDistance(first, second) == distance)
    #expect(editDistance(second, first) == distance)
  }
}

@Suite struct ConfigurationKeyTests {
  @Test func `variables split words and dots`() {
    #expect(
      ConfigurationKey.requestBytes.environmentName == "AUTODIDACT_LIMITS_REQUEST_BYTES")
    #expect(ConfigurationKey.modelsDirectory.environmentName == "AUTODIDACT_MODELS_DIR")
    #expect(ConfigurationKey.runtimeDirectory.environmentName == "AUTODIDACT_RUNTIME_DIR")
    #expect(ConfigurationKey.stateDirectory.environmentName == "AUTODIDACT_STATE_DIR")
  }

  @Test func `every shared key is declared once and documented`() {
    let keys = ConfigurationKey.shared
    #expect(Set(keys.map { $0.name }).count == keys.count)
    #expect(Set(keys.map { $0.environmentName }).count == keys.count)
    #expect(keys.allSatisfy { $0.summary.hasSuffix(".") && !$0.fallback.isEmpty })
  }
}
