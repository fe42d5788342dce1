import Logging
import Testing

@testable import Daemon

@Suite struct JournalFieldsTests {
  private func fields(_ metadata: Logger.Metadata) -> [String] {
    journalFields(
      level: .warning, message: "call refused", metadata: metadata, identifier: "autodidact-ood",
      file: "A.swift", function: "f()", line: 3)
  }

  @Test func `an entry has its message, severity, origin and metadata as fields`() {
    #expect(
      fields(["peer.uid": "7", "duration_us": "12", "trace_id": "ab", "service": "x.Y"]) == [
        "MESSAGE=call refused", "PRIORITY=4", "SYSLOG_IDENTIFIER=autodidact-ood",
        "CODE_FILE=A.swift", "CODE_LINE=3", "CODE_FUNC=f()", "DURATION_US=12", "PEER_UID=7",
        "SERVICE=x.Y", "TRACE_ID=ab",
      ])
  }

  @Test func `metadata cannot overwrite the fields of the entry`() {
    #expect(
      fields(["message": "forged", "PRIORITY": "0"]).suffix(2) == [
        "FIELD_PRIORITY=0", "FIELD_MESSAGE=forged",
      ])
  }

  @Test(arguments: [
    ("method", "METHOD"), ("peer.uid", "PEER_UID"), ("_trusted", "FIELD__TRUSTED"),
    ("9lives", "FIELD_9LIVES"), ("µ.size", "FIELD___SIZE"), ("", "FIELD_"),
    (String(repeating: "a", count: 99), String(repeating: "A", count: 64)),
  ])
  func `field names are what the journal takes`(key: String, name: String) {
    #expect(journalFieldName(of: key) == name)
  }

  @Test func `severities are those of syslog`() {
    #expect(Logger.Level.allCases.map { syslogPriority(of: $0) } == [7, 7, 6, 5, 4, 3, 2])
  }
}

@Suite struct TextLineTests {
  private func line(_ message: String, _ metadata: Logger.Metadata = [:]) -> String {
    textLine(
      time: "01:02:03.004", level: .info, message: message, metadata: metadata,
      identifier: "ood", isColoured: false)
  }

  @Test func `a line is aligned and its metadata sorted`() {
    #expect(
      line("serving", ["threads": "2", "socket": "/a b"])
        == "01:02:03.004 info     ood  serving  socket=\"/a b\" threads=2")
  }

  @Test func `control characters cannot forge lines or colours`() {
    #expect(line("a\nb\u{1B}[31m") == "01:02:03.004 info     ood  a\\nb\\u{1b}[31m")
  }

  @Test func `only a terminal gets colours`() {
    let coloured = textLine(
      time: "", level: .error, message: "m", metadata: [:], identifier: "i", isColoured: true)
    #expect(coloured.contains("\u{1B}[31merror"))
    #expect(!line("m").contains("\u{1B}"))
  }

  @Test func `a journal stream that is not standard error means text`() {
    let destination = logDestination(format: .auto, environment: ["JOURNAL_STREAM": "1:2"])
    guard case .text = destination else {
      Issue.record("\(destination)")
      return
    }
  }

  @Test func `the threshold is shared by all handlers`() {
    let threshold = LogThreshold(.info)
    let first = DaemonLogHandler(identifier: "a", destination: .journal, threshold: threshold)
    threshold.value = .debug
    #expect(first.logLevel == .debug)
  }
}
